/** Lines of logs as safe, visible text. */

import { withoutEscapes } from "./ansi";

/** In lists a body is cut here; it is whole when the row is open. */
export const LIST_CHARACTERS = 8_192;

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const LINE_END = /\r\n|\n|\r/g;

/** Control characters, and those that turn the direction of text around, become visible ones; terminals' escapes go. */
export function visible(text: string): string {
  return withControls(withoutEscapes(text));
}

/** The same with the escapes of terminals, so that nothing is left out. */
export function withControls(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "␡";
    return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** What a list shows of a body: no more than its beginning. */
export function listCut(body: string): string {
  return body.length > LIST_CHARACTERS ? `${body.slice(0, LIST_CHARACTERS)}…` : body;
}

/** A text made visible, in one line: line ends are shown as an arrow. */
export function oneLine(text: string): string {
  return visible(text.replace(LINE_END, " ↵ "));
}

/** A text made visible, in as many lines as it has. */
export function manyLines(text: string): string {
  return visible(text.replace(LINE_END, "\n"));
}

/** Lines of logs as safe, visible text. */

/** In lists a body is cut here; it is whole when the row is open. */
export const LIST_CHARACTERS = 8_192;

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
// Escape sequences that colour a terminal.
// oxlint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-9;]*m/g;

/** Control characters, and those that turn the direction of text around, become visible ones; terminal colours go. */
export function visible(text: string): string {
  return text.replace(ANSI, "").replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "␡";
    return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** One line of a list: cut, made visible, line ends shown as an arrow. */
export function listLine(body: string): string {
  const cut = body.length > LIST_CHARACTERS ? `${body.slice(0, LIST_CHARACTERS)}…` : body;
  return visible(cut.replace(/\r\n|\n|\r/g, " ↵ "));
}

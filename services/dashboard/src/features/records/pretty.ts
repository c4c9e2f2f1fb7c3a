/** A body laid out for reading: JSON a member a line, logfmt a pair a line, a terminal's colours as colours. */

import { hasColours, styledOf, withoutEscapes } from "@/lib/ansi";
import { type Json, readJson } from "@/lib/json";
import { withControls } from "@/lib/text";
import { readLogfmt } from "./logfmt";

/** A stretch of a line; `look` is class names. */
export interface Stretch {
  readonly text: string;
  readonly look: string;
}

export type Line = readonly Stretch[];

/** A longer body is shown as it came: so many parts would take their time to draw. */
export const LONGEST = 65_536;
/** A list or an object of plain values stays on one line up to here. */
const LINE_CHARACTERS = 72;
const KEY = "text-accent";
const TEXT = "text-good";
const WORD = "text-fatal";
const FAINT = "text-muted";

/** Null for a body that would look the same. */
export function prettyOf(body: string): Line[] | null {
  if (body.length > LONGEST) return null;
  return prettyJson(body) ?? prettyLogfmt(body) ?? (hasColours(body) ? linesOf(styledOf(body)) : null);
}

function prettyJson(body: string): Line[] | null {
  const plain = withoutEscapes(body);
  const start = plain.search(/[[{]/);
  if (start < 0) return null;
  for (const at of [start, plain.indexOf("{", start + 1)]) {
    const found = at < 0 ? null : readJson(plain.slice(at));
    if (!found || isEmpty(found)) continue;
    const before = plain.slice(0, at).trimEnd();
    return [...(before ? linesOf([stretch(before, FAINT)]) : []), ...linesOf(written(found, 0))];
  }
  return null;
}

/** The lines below a line of logfmt, such as a stack trace, stay as they are. */
function prettyLogfmt(body: string): Line[] | null {
  const plain = withoutEscapes(body);
  const end = plain.indexOf("\n");
  const found = readLogfmt(end < 0 ? plain : plain.slice(0, end));
  if (!found) return null;
  const width = Math.max(...found.pairs.map(({ key }) => key.length));
  const before = found.before.trimEnd();
  return [
    ...(before ? [[stretch(before, FAINT)]] : []),
    ...found.pairs.flatMap(({ key, value }) =>
      linesOf([stretch(key, KEY), stretch(" ".repeat(width - key.length + 2), ""), ...(value === null ? [] : [stretch(indented(value, width + 2), "")])]),
    ),
    ...(end < 0 ? [] : linesOf([stretch(plain.slice(end + 1), "")])),
  ];
}

function written(value: Json, depth: number): Stretch[] {
  switch (value.kind) {
    case "text":
      // A text of several lines is read as such; its copy is the raw one.
      return [stretch(`"${indented(value.text, 2 * depth + 2)}"`, TEXT)];
    case "word":
      return [stretch(value.text, WORD)];
    case "object":
      return compound("{", "}", value.members.map(({ key, value: member }) => [stretch(`"${key}"`, KEY), stretch(": ", ""), ...written(member, depth + 1)]), depth);
    case "list":
      return compound("[", "]", value.items.map((item) => written(item, depth + 1)), depth);
  }
}

function compound(open: string, close: string, parts: readonly Stretch[][], depth: number): Stretch[] {
  const length = parts.flat().reduce((sum, { text }) => sum + text.length, 2 * parts.length);
  const isShort = depth > 0 && length < LINE_CHARACTERS && !parts.flat().some(({ text }) => text.includes("\n"));
  const [first, next, last] = isShort ? ["", ", ", ""] : [newLine(depth + 1), `,${newLine(depth + 1)}`, newLine(depth)];
  if (parts.length === 0) return [stretch(open + close, "")];
  return [
    stretch(open + first, ""),
    ...parts.flatMap((part, index) => (index ? [stretch(next, ""), ...part] : part)),
    stretch(last + close, ""),
  ];
}

function newLine(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}

function indented(text: string, spaces: number): string {
  return text.replace(/\r?\n/g, `\n${" ".repeat(spaces)}`);
}

function stretch(text: string, look: string): Stretch {
  return { text, look };
}

function isEmpty(value: Json): boolean {
  return value.kind === "object" ? value.members.length === 0 : value.kind === "list" && value.items.length === 0;
}

/** Stretches cut at the ends of lines, made visible. */
function linesOf(stretches: readonly Stretch[]): Line[] {
  const lines: Stretch[][] = [[]];
  for (const { text, look } of stretches) {
    for (const [index, piece] of text.split(/\r\n|\n|\r/).entries()) {
      if (index > 0) lines.push([]);
      if (piece) lines.at(-1)!.push({ text: withControls(piece), look });
    }
  }
  return lines;
}

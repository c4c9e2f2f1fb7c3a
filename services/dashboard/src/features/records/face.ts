/** What a list shows of a body that is JSON: its message, and the rest as short fields. */

import { compact, type Json, type Member, readJson } from "@/lib/json";
import { LIST_CHARACTERS, listCut, oneLine } from "@/lib/text";

export interface Chip {
  readonly name: string;
  readonly value: string;
}

export interface Face {
  /** What stands before the JSON, such as the time that a container's log puts there. */
  readonly before: string;
  /** Empty where no member is a message. */
  readonly message: string;
  readonly chips: readonly Chip[];
}

/** Where loggers put the message, the most telling first; lower case, members of members after a full stop. */
const MESSAGES = [
  "message",
  "msg",
  "@m",
  "renderedmessage",
  "short_message",
  "event",
  "textpayload",
  "jsonpayload.message",
  "fields.message",
  "@mt",
  "messagetemplate",
  "text",
  "log",
  "body",
  "body.stringvalue",
  "data.message",
  "error.message",
  "err.message",
  "err.msg",
  "exception.message",
  "error",
  "err",
  "exception",
  "full_message",
];
/** What the columns of a row say already. */
const LEVELS = new Set(
  ["level", "lvl", "severity", "loglevel", "levelname", "level_name", "log.level", "@l", "severitytext", "severity_text", "severitynumber"],
);
const TIMES = new Set(["time", "timestamp", "@timestamp", "ts", "@t", "t", "datetime", "date", "asctime", "timeunixnano"]);
/** Ids of trace and span, which the open record has; in a list they are noise. */
const TRACE = /(?:^|[._])(?:otel)?(?:trace|span)_?id$/;
const ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32}|<\*>)$/i;
const MOMENT = /^(?:\d{4}[-/]\d\d|\d{10}|<\*>)/;
/** Objects are taken apart so far; what is deeper stands as JSON. */
const DEEPEST = 3;
const MOST_CHIPS = 40;
const CHIP_CHARACTERS = 160;
const SHORT_CHARACTERS = 48;
const LONGEST_BEFORE = 256;
const HOLE = /\{[@$]?(\w+)(?:,-?\d+)?(?::[^}]*)?\}/g;

/** Null for a body that is no JSON object, or an empty one. */
export function faceOf(body: string): Face | null {
  const [before, object] = objectIn(body);
  return object.length ? faceOfObject(before, object) : null;
}

/** What a row shows of a body as one text: for titles, and for finding in it. */
export function lineText(body: string): string {
  const face = faceOf(body);
  if (!face) return oneLine(listCut(body));
  const chips = face.chips.map(({ name, value }) => `${name}=${value}`);
  return oneLine([face.before.trim(), face.message, ...chips].filter(Boolean).join(" "));
}

function objectIn(body: string): [before: string, object: readonly Member[]] {
  const isLong = body.length > LIST_CHARACTERS;
  const isCut = isLong || body.endsWith("…");
  const text = isLong ? body.slice(0, LIST_CHARACTERS) : body.endsWith("…") ? body.slice(0, -1) : body;
  for (let at = text.indexOf("{"); at >= 0 && at <= LONGEST_BEFORE; at = text.indexOf("{", at + 1)) {
    const found = readJson(text.slice(at), isCut);
    if (found?.kind === "object" && found.members.length) return [text.slice(0, at), found.members];
  }
  return ["", []];
}

function faceOfObject(before: string, object: readonly Member[]): Face {
  const leaves = leavesOf(object, "", 1);
  const found = messageIn(object, leaves);
  const rest = leaves.filter((leaf) => leaf !== found && !isSaid(leaf));
  const chips = rest.slice(0, MOST_CHIPS).map(({ path, value }) => ({ name: path, value: compact(value).slice(0, CHIP_CHARACTERS) }));
  chips.sort((one, other) => lengthOf(one) - lengthOf(other));
  const message = found ? filled(textIn(found.value), leaves) : "";
  // A runtime's envelope holds the record that was written into it.
  const inner = found && message.trimStart().startsWith("{") ? faceOf(message.trimEnd()) : null;
  if (inner) return { before: before + inner.before, message: inner.message, chips: [...inner.chips, ...chips] };
  return { before, message: message.trimEnd(), chips };
}

interface Leaf {
  /** Its members' names, joined by full stops. */
  readonly path: string;
  readonly value: Json;
}

function leavesOf(members: readonly Member[], above: string, depth: number): Leaf[] {
  return members.flatMap(({ key, value }) => {
    const path = above + key;
    return value.kind === "object" && value.members.length > 0 && depth < DEEPEST
      ? leavesOf(value.members, `${path}.`, depth + 1)
      : [{ path, value }];
  });
}

function messageIn(object: readonly Member[], leaves: readonly Leaf[]): Leaf | undefined {
  const byPath = new Map<string, Leaf>();
  for (const leaf of leaves) if (textIn(leaf.value).trim()) byPath.set(leaf.path.toLowerCase(), byPath.get(leaf.path.toLowerCase()) ?? leaf);
  const named = MESSAGES.map((path) => byPath.get(path)).find((leaf) => leaf !== undefined);
  if (named) return named;
  // A message may hold objects of its own; then the first text in it says most.
  const holder = object.find(({ key, value }) => MESSAGES.includes(key.toLowerCase()) && value.kind === "object");
  return holder && leaves.find(({ path, value }) => path.startsWith(`${holder.key}.`) && value.kind === "text");
}

/** A text, or the bytes of one, as journald writes what is no UTF-8; empty for what is neither. */
function textIn(value: Json): string {
  if (value.kind === "text") return value.text;
  if (value.kind !== "list" || value.items.length === 0) return "";
  const bytes = value.items.map((item) => (item.kind === "word" ? Number(item.text) : Number.NaN));
  const isBytes = bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  return isBytes ? new TextDecoder().decode(Uint8Array.from(bytes)) : "";
}

/** A template with its members put in. */
function filled(text: string, leaves: readonly Leaf[]): string {
  if (!text.includes("{") || text.startsWith("{")) return text;
  return text.replace(HOLE, (hole, name: string) => {
    const leaf = leaves.find(({ path }) => path === name || path === `Properties.${name}`);
    return leaf ? compact(leaf.value) : hole;
  });
}

function isSaid({ path, value }: Leaf): boolean {
  const name = path.toLowerCase();
  return LEVELS.has(name) || (TIMES.has(name) && MOMENT.test(compact(value))) || (TRACE.test(name) && ID.test(compact(value)));
}

/** Long values, such as a stack trace, would push the others out of sight. */
function lengthOf({ value }: Chip): number {
  return value.length > SHORT_CHARACTERS || value.includes("\n") ? 1 : 0;
}

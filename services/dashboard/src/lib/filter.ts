/**
 * Filter text and its conditions. The gateway alone parses filters; here the text is only cut into the parts that AND joins,
 * which the query bar shows as chips, and conditions are put together.
 */

/** A part of a filter's text that AND joins to the others: from `start` to `end`, in characters. */
export interface Conjunct {
  text: string;
  start: number;
  end: number;
}

export type Comparison = "=" | "!=" | ":" | ">=" | "<=";

const OPERATOR = /^(?:!=|=~|!~|<=|>=|=|<|>|:)/;
/** What follows a field in words, in either case after one that there is: with a list, a text, or nothing behind it. */
const LIST = /^(?:NOT\s+)?IN\s*(?=\()/i;
const LIKE = /^(?:NOT\s+)?I?LIKE(?=[\s"'])/i;
const NULLNESS = /^IS\s+(?:NOT\s+)?NULL(?![^\s()])/i;
const FIELD = /^(?:service|instance|severity|body|time|trace_id|span_id|attributes\..+|resource\..+)$/s;
const PATTERN = /^\/(?!\s)(?:[^/\\\n]|\\.)+(?<!\s)\/[ims]*(?![^\s)])/;
const BARE = /^[A-Za-z0-9_][A-Za-z0-9_./@+-]*$/;
const KEYWORD = /^(?:AND|OR|NOT)$/;
const BARE_KEY = /^[A-Za-z0-9_][A-Za-z0-9_/-]*$/;
/** A key that is alone may have dots: the gateway looks for the whole of it first. */
const BARE_ALONE = /^[A-Za-z0-9_][A-Za-z0-9_/-]*(?:\.[A-Za-z0-9_/-]+)*$/;

/** A value as it must stand after an operator. */
export function quoted(value: string): string {
  return BARE.test(value) && !KEYWORD.test(value) ? value : inQuotes(value);
}

function inQuotes(text: string): string {
  const escaped = text
    .replace(/\\/g, "\\\\")
    .replace(/"/g, '\\"')
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\t/g, "\\t");
  return `"${escaped}"`;
}

/** `service = checkout`. */
export function condition(field: string, comparison: Comparison, value: string): string {
  return `${field} ${comparison} ${quoted(value)}`;
}

/** The condition that a record has, or has not, this value. Null is none, which an empty text is not; records without one have not. */
export function conditionThat(field: string, value: string | null, wanted: boolean): string {
  if (value === null) return wanted ? `NOT ${field}:*` : `${field}:*`;
  const equal = condition(field, "=", value);
  return wanted ? equal : `NOT ${equal}`;
}

/** The field of a record's attribute or of its resource: each key of the path, quoted where its dots would make it several. */
export function fieldOf(root: "attributes" | "resource", ...path: string[]): string {
  const bare = path.length > 1 ? BARE_KEY : BARE_ALONE;
  return [root, ...path.map((key) => (bare.test(key) ? key : inQuotes(key)))].join(".");
}

/** The filter with one more condition, unless it has it already. */
export function withCondition(filter: string, added: string): string {
  const present = conjuncts(filter);
  if (present?.some((conjunct) => conjunct.text === added)) return filter;
  const before = filter.trim();
  return before ? `${before} AND ${added}` : added;
}

/** The filter without the conjunct at `index`. */
export function withoutConjunct(filter: string, index: number): string {
  const rest = (conjuncts(filter) ?? []).filter((_, at) => at !== index);
  return rest.map((conjunct) => conjunct.text).join(" AND ");
}

/** The filter without conditions on the field. */
export function withoutField(filter: string, field: string): string {
  const rest = (conjuncts(filter) ?? []).filter((conjunct) => !mentions(conjunct.text, field));
  return rest.map((conjunct) => conjunct.text).join(" AND ");
}

/** Both filters at once; either may be empty. */
export function both(one: string, other: string): string {
  const parts = [one.trim(), other.trim()].filter(Boolean);
  return parts.length < 2 ? (parts[0] ?? "") : parts.map((part) => `(${part})`).join(" AND ");
}

/** The parts that AND joins, in order; null when quotes or parentheses are open. */
export function conjuncts(filter: string): Conjunct[] | null {
  const found: Conjunct[] = [];
  let at = 0;
  while ((at = afterSpace(filter, at)) < filter.length) {
    const and = joined(filter, at, "AND", "&&");
    if (and) {
      at += and;
      continue;
    }
    const end = endOfConjunct(filter, at);
    if (end === null) return null;
    found.push({ text: filter.slice(at, end), start: at, end });
    at = end;
  }
  return found;
}

/** Whether a conjunct begins with a condition on the field, negated or not. */
export function mentions(conjunct: string, field: string): boolean {
  const plain = conjunct.replace(/^(?:NOT\s+|-|!)/, "");
  const behind = plain.slice(field.length);
  return plain.startsWith(field) && (/^\s*(?:!|=|<|>|:)/.test(behind) || inWords(field, behind.trimStart()) !== "" && /^\s/.test(behind));
}

function endOfConjunct(text: string, from: number): number | null {
  let at = endOfFactor(text, from);
  while (at !== null) {
    const next = afterSpace(text, at);
    const or = joined(text, next, "OR", "||");
    if (!or) return at;
    const factor = afterSpace(text, next + or);
    if (factor >= text.length) return text.trimEnd().length;
    at = endOfFactor(text, factor);
  }
  return null;
}

function endOfFactor(text: string, from: number): number | null {
  let at = from;
  for (;;) {
    if (wordAt(text, at) === "NOT") at = afterSpace(text, at + 3);
    else if (text[at] === "-" || /^!(?![=~])/.test(text.slice(at))) at += 1;
    else break;
  }
  if (text[at] === "(") return endOfGroup(text, at);
  const pattern = PATTERN.exec(text.slice(at))?.[0];
  if (pattern) return at + pattern.length;
  const name = endOfRun(text, at, true);
  if (name === null) return null;
  const behind = afterSpace(text, name);
  const words = inWords(text.slice(at, name), text.slice(behind));
  if (NULLNESS.test(words)) return behind + words.length;
  const operator = OPERATOR.exec(text.slice(behind))?.[0] ?? words;
  if (operator === "") return Math.max(name, from + 1);
  const value = afterSpace(text, behind + operator.length);
  if (text[value] === "(") return endOfGroup(text, value);
  const slashed = PATTERN.exec(text.slice(value))?.[0];
  return slashed ? value + slashed.length : endOfRun(text, value, false);
}

/** The operator in words that `text` begins with behind a field; empty when it begins with none. */
function inWords(field: string, text: string): string {
  const found = (LIST.exec(text) ?? LIKE.exec(text) ?? NULLNESS.exec(text))?.[0] ?? "";
  return FIELD.test(field) || found === found.toUpperCase() ? found : "";
}

/** The length of the word or the sign that joins conditions, where either stands; 0 elsewhere. */
function joined(text: string, at: number, word: string, sign: string): number {
  if (text.startsWith(sign, at)) return sign.length;
  return wordAt(text, at) === word ? word.length : 0;
}

/** Past letters and quoted texts, up to a space, a parenthesis or, in a name, an operator. */
function endOfRun(text: string, from: number, isName: boolean): number | null {
  let at = from;
  while (at < text.length && !/[\s()]/.test(text[at]!)) {
    if (isName && OPERATOR.test(text.slice(at, at + 2))) break;
    if (text.startsWith("&&", at) || text.startsWith("||", at)) break;
    if (text[at] === '"' || text[at] === "'") {
      const end = endOfQuotes(text, at);
      if (end === null) return null;
      at = end;
    } else {
      at += 1;
    }
  }
  return at;
}

function endOfQuotes(text: string, from: number): number | null {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[from]) return at + 1;
  }
  return null;
}

function endOfGroup(text: string, from: number): number | null {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '"' || text[at] === "'") {
      const end = endOfQuotes(text, at);
      if (end === null) return null;
      at = end - 1;
    } else if (text[at] === "(") {
      depth += 1;
    } else if (text[at] === ")") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}

function wordAt(text: string, at: number): string {
  return /^[A-Z]+(?=[\s(]|$)/.exec(text.slice(at))?.[0] ?? "";
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at]!)) at += 1;
  return at;
}

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
const BARE = /^[A-Za-z0-9_][A-Za-z0-9_./@+-]*$/;
const KEYWORD = /^(?:AND|OR|NOT)$/;
const BARE_KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** A value as it must stand after an operator. */
export function quoted(value: string): string {
  if (BARE.test(value) && !KEYWORD.test(value)) return value;
  const escaped = value
    .replace(/\\/g, "\\\\")
    .replace(/"/g, '\\"')
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\t/g, "\\t");
  return `"${escaped}"`;
}

/** `service = checkout`. A value that isn't there is `NOT service:*`. */
export function condition(field: string, comparison: Comparison, value: string): string {
  if (value === "" && comparison === "=") return `NOT ${field}:*`;
  if (value === "" && comparison === "!=") return `${field}:*`;
  return `${field} ${comparison} ${quoted(value)}`;
}

/** The field of a record's attribute or of its resource: each key of the path, quoted where it must be. */
export function fieldOf(root: "attributes" | "resource", ...path: string[]): string {
  return [root, ...path.map((key) => (BARE_KEY.test(key) ? key : quoted(key)))].join(".");
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

/** The filter without conditions on the field, then with this one. */
export function withOnly(filter: string, field: string, added: string): string {
  return [withoutField(filter, field), added].filter(Boolean).join(" AND ");
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
    const word = wordAt(filter, at);
    if (word === "AND") {
      at += word.length;
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
  const plain = conjunct.replace(/^(?:NOT\s+|-)/, "");
  return plain.startsWith(field) && /^\s*(?:!|=|<|>|:)/.test(plain.slice(field.length));
}

function endOfConjunct(text: string, from: number): number | null {
  let at = endOfFactor(text, from);
  while (at !== null) {
    const next = afterSpace(text, at);
    if (wordAt(text, next) !== "OR") return at;
    const factor = afterSpace(text, next + 2);
    if (factor >= text.length) return text.trimEnd().length;
    at = endOfFactor(text, factor);
  }
  return null;
}

function endOfFactor(text: string, from: number): number | null {
  let at = from;
  for (;;) {
    if (wordAt(text, at) === "NOT") at = afterSpace(text, at + 3);
    else if (text[at] === "-") at += 1;
    else break;
  }
  if (text[at] === "(") return endOfGroup(text, at);
  const name = endOfRun(text, at, true);
  if (name === null) return null;
  const operator = OPERATOR.exec(text.slice(afterSpace(text, name)))?.[0];
  if (operator === undefined) return Math.max(name, from + 1);
  const value = afterSpace(text, afterSpace(text, name) + operator.length);
  return text[value] === "(" ? endOfGroup(text, value) : endOfRun(text, value, false);
}

/** Past letters and quoted texts, up to a space, a parenthesis or, in a name, an operator. */
function endOfRun(text: string, from: number, isName: boolean): number | null {
  let at = from;
  while (at < text.length && !/[\s()]/.test(text[at]!)) {
    if (isName && OPERATOR.test(text.slice(at, at + 2))) break;
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

/** Which values of a field a filter includes and excludes, and filters that choose others. The field `level` means severity. */

import { condition, conditionThat, conjuncts, mentions, quoted, withCondition, withoutField } from "@/lib/filter";
import { levelsIn, otherLevels, withLevels, withoutLevels } from "./levelChoice";

export interface Choice {
  readonly included: ReadonlySet<string>;
  readonly excluded: ReadonlySet<string>;
}

const LEVEL = "level";
/** Stands for no value among the values, where an empty text is one. No record can hold this character. */
const ABSENT = "\0";
const VALUE = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()]+/g;
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

/** What the filter says of a field's values, so far as it says it as here: with `=`, with `!=`, with NOT. */
export function choiceIn(filter: string, field: string): Choice {
  if (field === LEVEL) {
    const levels = levelsIn(filter);
    return levels ? { included: levels, excluded: otherLevels(levels) } : { included: new Set(), excluded: new Set() };
  }
  const included = new Set<string>();
  const excluded = new Set<string>();
  for (const { text } of own(filter, field)) {
    const beside = text.startsWith(absentOr(field)) ? absentOr(field) : "";
    if (beside) included.add(ABSENT);
    const said = text.slice(beside.length);
    const negated = /^(?:NOT\s+|-)/.exec(said)?.[0] ?? "";
    const rest = said.slice(negated.length + field.length).trim();
    const absent = /^:\s*\*$/.test(rest);
    const values = absent ? [ABSENT] : valuesAfter(rest, negated ? "=" : rest.startsWith("!=") ? "!=" : "=");
    const excludes = absent ? !negated : Boolean(negated) || rest.startsWith("!=");
    for (const value of values) (excludes ? excluded : included).add(value);
  }
  return { included, excluded };
}

/** Let this value through besides those that are included; again, and it is not included any more. */
export function include(filter: string, field: string, value: string): string {
  const { included, excluded } = choiceIn(filter, field);
  const next = toggled(included, value);
  if (field === LEVEL) return withLevels(filter, next);
  return withChoice(filter, field, { included: next, excluded: less(excluded, value) });
}

/** Leave this value out; again, and it is not left out any more. */
export function exclude(filter: string, field: string, value: string): string {
  const { included, excluded } = choiceIn(filter, field);
  const next = toggled(excluded, value);
  if (field === LEVEL) return withLevels(filter, otherLevels(next));
  return withChoice(filter, field, { included: less(included, value), excluded: next });
}

/** This value and no other; again, and all are let through. */
export function only(filter: string, field: string, value: string): string {
  const { included } = choiceIn(filter, field);
  const next = included.size === 1 && included.has(value) ? new Set<string>() : new Set([value]);
  if (field === LEVEL) return withLevels(filter, next);
  return withChoice(filter, field, { included: next, excluded: new Set() });
}

/** The filter without what it says of the field: what its values are counted with, so that those left out stay in sight. */
export function apartFrom(filter: string, field: string): string {
  return field === LEVEL ? withoutLevels(filter) : withoutField(filter, field);
}

function withChoice(filter: string, field: string, { included, excluded }: Choice): string {
  const values = [...less(included, ABSENT)];
  const beside = included.has(ABSENT) ? absentOr(field) : "";
  const added: string[] = [];
  if (values.length === 1) added.push(beside + condition(field, "=", values[0]!));
  else if (values.length > 1) added.push(`${beside}${field} = (${values.map(quoted).join(" OR ")})`);
  else if (beside) added.push(conditionThat(field, null, true));
  for (const value of excluded) added.push(conditionThat(field, value === ABSENT ? null : value, false));
  return added.reduce(withCondition, withoutField(filter, field));
}

/** What stands before the values where records without one are let through besides. */
function absentOr(field: string): string {
  return `${conditionThat(field, null, true)} OR `;
}

function own(filter: string, field: string) {
  return (conjuncts(filter) ?? []).filter(({ text }) => mentions(text, field));
}

function valuesAfter(rest: string, operator: string): string[] {
  if (!rest.startsWith(operator)) return [];
  const texts = rest.slice(operator.length).match(VALUE) ?? [];
  return texts.filter((text) => text !== "OR").map(unquoted);
}

function unquoted(text: string): string {
  if (!/^["']/.test(text)) return text;
  return text.slice(1, -1).replace(/\\([nrt"'\\])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

function toggled(set: ReadonlySet<string>, value: string): Set<string> {
  return set.has(value) ? less(set, value) : new Set([...set, value]);
}

function less(set: ReadonlySet<string>, value: string): Set<string> {
  return new Set([...set].filter((one) => one !== value));
}

/** Which levels a filter lets through, and filters that let others through: a set of levels is written as ranges of severity. */

import { conjuncts, mentions } from "@/lib/filter";

/** As facets name them, least severe first. Each reaches up to the next; what has none is below them all. */
const ASCENDING = ["NONE", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
const BOUND = /^severity\s*(>=|<)\s*([A-Z]+)$/i;

export type Levels = ReadonlySet<string>;

/** The levels that the filter's conditions on severity let through; null when it says nothing of whole levels. */
export function levelsIn(filter: string): Levels | null {
  const sets = (conjuncts(filter) ?? []).map(({ text }) => levelsOf(text)).filter((levels) => levels !== null);
  if (sets.length === 0) return null;
  return new Set(ASCENDING.filter((name) => sets.every((set) => set.has(name))));
}

/** The filter with these levels in place of what it says of severity; all levels, and none, ask for nothing. */
export function withLevels(filter: string, levels: Levels): string {
  return [withoutLevels(filter), levelCondition(levels)].filter(Boolean).join(" AND ");
}

/** The filter without its conditions on severity. */
export function withoutLevels(filter: string): string {
  const rest = (conjuncts(filter) ?? []).filter(({ text }) => !mentions(text, "severity") && levelsOf(text) === null);
  return rest.map(({ text }) => text).join(" AND ");
}

/** All levels but these. */
export function otherLevels(levels: Levels): Levels {
  return new Set(ASCENDING.filter((name) => !levels.has(name)));
}

/** `severity >= ERROR AND severity < FATAL`; ranges that don't touch are joined by OR. */
export function levelCondition(levels: Levels): string {
  const ranges = rangesOf(levels);
  if (ranges.length === 1) return ranges[0]!;
  return ranges.map((range) => (range.includes(" AND ") ? `(${range})` : range)).join(" OR ");
}

function rangesOf(levels: Levels): string[] {
  const ranges: string[] = [];
  for (let first = 0; first < ASCENDING.length; first += 1) {
    if (!levels.has(ASCENDING[first]!)) continue;
    let end = first;
    while (end < ASCENDING.length && levels.has(ASCENDING[end]!)) end += 1;
    const bounds = [first > 0 && `severity >= ${ASCENDING[first]}`, end < ASCENDING.length && `severity < ${ASCENDING[end]}`];
    const range = bounds.filter(Boolean).join(" AND ");
    if (range) ranges.push(range);
    first = end;
  }
  return ranges;
}

/** Sets of ranges that don't touch, by the one way in which they are written here. */
const BROKEN: ReadonlyMap<string, Levels> = new Map(
  Array.from({ length: 2 ** ASCENDING.length }, (_, bits) => new Set(ASCENDING.filter((_name, index) => bits & (1 << index))))
    .filter((levels) => rangesOf(levels).length > 1)
    .map((levels) => [levelCondition(levels), levels]),
);

function levelsOf(conjunct: string): Levels | null {
  const [, comparison, name = ""] = BOUND.exec(conjunct) ?? [];
  const bound = ASCENDING.findIndex((level) => level === name.toUpperCase());
  if (bound < 1) return BROKEN.get(conjunct) ?? null;
  return new Set(comparison === "<" ? ASCENDING.slice(0, bound) : ASCENDING.slice(bound));
}

/** Which logs of a trace are shown, and what stands between them. */

import type { Nanos } from "@/lib/time";
import { LEVELS, levelNamed, levelOf } from "@/lib/levels";
import { jsonOf, plainOf } from "@/lib/values";
import { longSilence } from "./axis";
import type { Entry } from "./trace";

/** What the reader chose; an empty text leaves all. */
export interface Choice {
  /** A text within the line or its attributes, in capitals or not. */
  readonly find: string;
  readonly service: string;
  /** The name of the least severe level. */
  readonly level: string;
}

/** A log that is shown. */
export interface Shown {
  readonly entry: Entry;
  /** Since the log shown before it. */
  readonly gap: Nanos;
  /** Whether the gap is one of those that the axis squeezes. */
  readonly afterSilence: boolean;
}

export function shownOf(entries: readonly Entry[], choice: Choice): Shown[] {
  const kept = entries.filter((entry) => isChosen(entry, choice));
  const gaps = kept.map(({ offset }, index) => offset - (kept[index - 1]?.offset ?? offset));
  const long = longSilence(gaps.slice(1));
  return kept.map((entry, index) => ({ entry, gap: gaps[index]!, afterSilence: long !== null && gaps[index]! >= long }));
}

function isChosen({ record, service }: Entry, { find, service: only, level }: Choice): boolean {
  if (only && service !== only) return false;
  if (level && rank(levelOf(record.severityNumber).name) > rank(levelNamed(level).name)) return false;
  const wanted = find.toLowerCase();
  return (
    wanted === "" ||
    record.body.toLowerCase().includes(wanted) ||
    jsonOf(plainOf(record.attributes)).toLowerCase().includes(wanted)
  );
}

/** 0 is the most severe. */
function rank(name: string): number {
  return LEVELS.findIndex((level) => level.name === name);
}

/** How many records of each level came in each of the last seconds. */

import { LEVELS, levelOf } from "@/lib/levels";
import type { Rates } from "./protocol";

/** How far back rates are known. */
export const RATE_SECONDS = 120;

/** Indexes in LEVELS by severity number. */
const LEVEL_INDEX = Array.from({ length: 25 }, (_, severity) => LEVELS.indexOf(levelOf(severity)));
const NO_LEVEL = LEVELS.length - 1;

/** Counts by second, bounded. Times are arguments, in milliseconds since 1970. */
export class RateCounter {
  /** By second, modulo their number: the second, then a count a level. */
  readonly #columns = Array.from({ length: RATE_SECONDS }, () => ({ second: -1, counts: LEVELS.map(() => 0) }));

  /** Count a record at this time; one from before the window is left out. */
  add(severity: number, atMillis: number, nowMillis: number): void {
    const second = Math.floor(atMillis / 1000);
    if (second <= nowMillis / 1000 - RATE_SECONDS || second > nowMillis / 1000) return;
    const column = this.#columns[second % RATE_SECONDS]!;
    if (column.second !== second) {
      column.second = second;
      column.counts.fill(0);
    }
    column.counts[LEVEL_INDEX[severity] ?? NO_LEVEL]! += 1;
  }

  /** All seconds that are over. */
  read(nowMillis: number): Rates {
    const endSecond = Math.floor(nowMillis / 1000) - 1;
    const seconds = Array.from({ length: RATE_SECONDS }, (_, index) => {
      const second = endSecond - RATE_SECONDS + 1 + index;
      const column = this.#columns[second % RATE_SECONDS]!;
      return column.second === second ? [...column.counts] : LEVELS.map(() => 0);
    });
    return { endSecond, seconds };
  }
}

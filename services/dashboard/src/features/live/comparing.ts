/** Error ratios of two lanes, and whether they differ by more than chance. */

import type { Rates } from "./protocol";

/** So many of so many. */
export interface Share {
  part: number;
  whole: number;
}

/** A ratio with its 95 % interval. */
export interface Ratio {
  ratio: number;
  low: number;
  high: number;
}

const Z = 1.959964;
/** FATAL and ERROR, in the order of LEVELS. */
const ERROR_LEVELS = 2;
const SPEED_SECONDS = 5;

/** Errors among all records of the rates. */
export function errorShare(rates: Rates): Share {
  let part = 0;
  let whole = 0;
  for (const counts of rates.seconds) {
    counts.forEach((count, level) => {
      whole += count;
      if (level < ERROR_LEVELS) part += count;
    });
  }
  return { part, whole };
}

/** Lines a second, over the last five. */
export function linesPerSecond(rates: Rates): number {
  const last = rates.seconds.slice(-SPEED_SECONDS);
  return last.flat().reduce((sum, count) => sum + count, 0) / SPEED_SECONDS;
}

/** Wilson's score interval, which holds for few records and for none that are errors; null without records. */
export function wilson({ part, whole }: Share): Ratio | null {
  if (whole === 0) return null;
  const ratio = part / whole;
  const scale = 1 + Z ** 2 / whole;
  const middle = (ratio + Z ** 2 / (2 * whole)) / scale;
  const reach = (Z / scale) * Math.sqrt((ratio * (1 - ratio)) / whole + Z ** 2 / (4 * whole ** 2));
  return { ratio, low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) };
}

/** How the first ratio stands to the second: `same` when the 95 % interval of their difference (Newcombe's) has zero in it. */
export function compareShares(one: Share, other: Share): "higher" | "lower" | "same" | null {
  const [a, b] = [wilson(one), wilson(other)];
  if (!a || !b) return null;
  const difference = a.ratio - b.ratio;
  const low = difference - Math.hypot(a.ratio - a.low, b.high - b.ratio);
  const high = difference + Math.hypot(a.high - a.ratio, b.ratio - b.low);
  if (low > 0) return "higher";
  return high < 0 ? "lower" : "same";
}

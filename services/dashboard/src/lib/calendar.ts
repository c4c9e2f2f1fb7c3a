/** Moments by the calendar of a zone: the reader's own, or UTC. */

import type { Nanos, Zone } from "./time";

export type Unit = "m" | "h" | "d" | "w";

/** A date and a time of day; months from 1, the fraction in nanoseconds. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly fraction?: Nanos;
}

const MILLI = 1_000_000n;

/** The moment of a date and time in a zone, or so many minutes east of UTC; null where the calendar has no such day or time. */
export function momentAt({ year, month, day, hour = 0, minute = 0, second = 0, fraction = 0n }: Civil, zone: Zone | number): Nanos | null {
  const isDay = month >= 1 && month <= 12 && day >= 1 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 60) return null;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  const millis = zone === "local" ? new Date(year, month - 1, day, hour, minute, second).getTime() : zone === "utc" ? utc : utc - zone * 60_000;
  return BigInt(millis) * MILLI + fraction;
}

/** Date and time of a moment in a zone, or so many minutes east of UTC. */
export function civilOf(moment: Nanos, zone: Zone | number): Required<Civil> & { weekday: number } {
  if (typeof zone === "number") return civilOf(moment + BigInt(zone) * 60_000n * MILLI, "utc");
  const at = new Date(Number(moment / MILLI));
  const fraction = moment % (1_000n * MILLI);
  if (zone === "utc") {
    return {
      year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate(), weekday: at.getUTCDay(),
      hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds(), fraction,
    };
  }
  return {
    year: at.getFullYear(), month: at.getMonth() + 1, day: at.getDate(), weekday: at.getDay(),
    hour: at.getHours(), minute: at.getMinutes(), second: at.getSeconds(), fraction,
  };
}

/** The day so many days after another, in the calendar. */
export function dayAfter({ year, month, day }: Civil, days: number): Civil {
  const at = new Date(Date.UTC(year, month - 1, day + days));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** The beginning of the minute, hour, day or week that a moment is in, or that of the next one. Weeks begin on Monday. */
export function rounded(moment: Nanos, unit: Unit, zone: Zone, up: boolean): Nanos {
  const { weekday, ...civil } = civilOf(moment, zone);
  const date = { year: civil.year, month: civil.month, day: civil.day };
  if (unit === "d" || unit === "w") {
    const first = unit === "w" ? dayAfter(date, -((weekday + 6) % 7)) : date;
    return momentAt(up ? dayAfter(first, unit === "w" ? 7 : 1) : first, zone)!;
  }
  const past = BigInt(unit === "h" ? civil.minute * 60 + civil.second : civil.second) * 1_000n * MILLI + civil.fraction;
  return moment - past + (up ? BigInt(unit === "h" ? 3_600 : 60) * 1_000n * MILLI : 0n);
}

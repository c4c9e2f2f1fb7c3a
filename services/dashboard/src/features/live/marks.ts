/** Rows between lines. */

import type { Mark, MarkKind } from "./protocol";

/** Key of the mark that every lane begins with. */
export const FIRST_KEY = 1;

/** How far before the tail's beginning lines can be loaded. */
const EARLIER_MILLIS = 3_600_000;
/** The store's clock may be ahead of the browser's; what the tail has brought is left out anyway. */
const CLOCK_SKEW_MILLIS = 600_000;

export function newMark(key: number, kind: MarkKind, details: Partial<Mark>): Mark {
  const empty = { dropped: 0, startUnixNano: 0n, endUnixNano: 0n, processor: "", pageToken: "", tried: false };
  return { ...empty, ...details, kind, key };
}

/** The beginning of a tail that starts now. */
export function firstMark(nowMillis: number): Mark {
  const [start, end] = [nowMillis - EARLIER_MILLIS, nowMillis + CLOCK_SKEW_MILLIS];
  return newMark(FIRST_KEY, "earlier", { startUnixNano: nanos(start), endUnixNano: nanos(end) });
}

/** Milliseconds since 1970 as nanoseconds. */
export function nanos(millis: number): bigint {
  return BigInt(Math.round(millis)) * 1_000_000n;
}

/** Moments and ranges. A moment is nanoseconds since 1970 as a bigint; a range is two texts that the URL holds. */

import { rounded, type Unit } from "./calendar";
import { nowMillis } from "./clock";

export type Nanos = bigint;

/** The reader's own zone, or UTC. */
export type Zone = "local" | "utc";

/** `now`, `now-15m`, `now-1d/d` and the like, or RFC 3339. */
export interface RangeText {
  from: string;
  to: string;
}

/** From `start`, included, to `end`, not included. */
export interface Span {
  start: Nanos;
  end: Nanos;
}

export const LAST_15_MINUTES: RangeText = { from: "now-15m", to: "now" };

const SECOND = 1_000_000_000n;
const UNITS: Record<string, bigint> = {
  s: SECOND,
  m: 60n * SECOND,
  h: 3_600n * SECOND,
  d: 86_400n * SECOND,
  w: 7n * 86_400n * SECOND,
};
/** `/d` is the day that the moment is in: from its beginning, or to its end. */
const RELATIVE = /^now(?:-(\d{1,6})([smhdw]))?(?:\/([mhdw]))?$/;
const RFC3339 = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$/;

/** How a moment is meant: days begin in a zone, and the end of a range is the end of its day. */
export interface Meant {
  zone?: Zone;
  isEnd?: boolean;
}

/** A moment that is written relative to now or absolutely, or null when it is neither. An absolute one without a zone is UTC. */
export function parseMoment(text: string, now: Nanos, { zone = "utc", isEnd = false }: Meant = {}): Nanos | null {
  const relative = RELATIVE.exec(text.trim());
  if (relative) {
    const [, amount, unit, whole] = relative;
    const moment = amount && unit ? now - BigInt(amount) * UNITS[unit]! : now;
    return whole ? rounded(moment, whole as Unit, zone, isEnd) : moment;
  }
  const absolute = RFC3339.exec(text.trim());
  if (!absolute) return null;
  const [, date, time = "00:00", fraction = "", offset = "Z"] = absolute;
  const millis = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(millis)) return null;
  return BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** What a range means at `now` to a reader in the zone; null when it can't be read or is empty. */
export function resolveRange(range: RangeText, now: Nanos, zone: Zone = "utc"): Span | null {
  const start = parseMoment(range.from, now, { zone });
  const end = parseMoment(range.to, now, { zone, isEnd: true });
  return start !== null && end !== null && start < end ? { start, end } : null;
}

export function isRelative(range: RangeText): boolean {
  return RELATIVE.test(range.from) || RELATIVE.test(range.to);
}

/** RFC 3339 in UTC with as many digits as the moment has: 0, 3, 6 or 9. */
export function toRfc3339(moment: Nanos): string {
  const seconds = new Date(Number(moment / 1_000_000n)).toISOString().slice(0, 19);
  const nanos = String(moment % SECOND).padStart(9, "0");
  const digits = [0, 3, 6, 9].find((count) => /^0*$/.test(nanos.slice(count))) ?? 9;
  return `${seconds}${digits ? `.${nanos.slice(0, digits)}` : ""}Z`;
}

export function absoluteRange(span: Span): RangeText {
  return { from: toRfc3339(span.start), to: toRfc3339(span.end) };
}

/** Twice as long around the same middle, but not beyond `now`. */
export function zoomOut(span: Span, now: Nanos): Span {
  const length = span.end - span.start;
  const end = span.end + length / 2n > now ? (span.end > now ? span.end : now) : span.end + length / 2n;
  return { start: end - length * 2n, end };
}

/** By the server's clock. */
export function nowNanos(): Nanos {
  return BigInt(nowMillis()) * 1_000_000n;
}

/** A moment as protobuf's Timestamp has it. */
export function timestampOf(moment: Nanos): { seconds: bigint; nanos: number } {
  return { seconds: moment / SECOND, nanos: Number(moment % SECOND) };
}

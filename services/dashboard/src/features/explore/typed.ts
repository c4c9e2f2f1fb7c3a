/** Moments as people type or paste them: `08:50`, `yesterday`, `1h`, `now-1d/d`, and what stands at the beginning of a log's line. */

import { type Civil, civilOf, dayAfter, momentAt } from "@/lib/calendar";
import { type Nanos, parseMoment, type RangeText, toRfc3339, type Zone } from "@/lib/time";

/** How what is typed is meant. */
export interface Typing {
  zone: Zone;
  now: Nanos;
  /** Whether it ends a range: a day is meant to its end then. */
  isEnd?: boolean;
  /** A time of day without a date is the first after this moment. */
  after?: Nanos;
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const PART = /(\d+(?:\.\d+)?)\s*(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|r|rs|ours?|ays?|eeks?)?\s*/y;
const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAY = /^(sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:day)?$/;

const CLOCK = /^(\d{1,2})(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(am|pm)?$/;
const ZONE = /\s*(z|utc|gmt|[+-]\d\d:?\d\d)$/;
const YEAR_FIRST = /^(\d{4})([-/.])(\d\d?)\2(\d\d?)$/;
const MONTH_DAY = /^(\d\d)[-/](\d\d)$/;
const DAY_NAME_YEAR = /^(\d{1,2})[-/ ]([a-z]{3})[a-z]*\.?,?(?:[-/ ](\d{4}))?$/;
const NAME_DAY_YEAR = /^([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?(?:\s+(\d{4}))?$/;

/** The range as the address holds it, or which of the two can't be read; `order` when it would be empty. */
export function rangeOfTyped(from: string, to: string, zone: Zone, now: Nanos): RangeText | "from" | "to" | "order" {
  const start = momentOfTyped(from, { zone, now });
  if (start === null) return "from";
  const first = parseMoment(start, now, { zone })!;
  const end = momentOfTyped(to.trim() || "now", { zone, now, isEnd: true, after: first });
  if (end === null) return "to";
  return first < parseMoment(end, now, { zone, isEnd: true })! ? { from: start, to: end } : "order";
}

/** What was typed as the address holds it; null when it is no moment. Times without a zone are in the reader's. */
export function momentOfTyped(typed: string, typing: Typing): string | null {
  const text = typed.trim().toLowerCase().replace(/\s+/g, " ");
  const relative = relativeOf(text);
  if (relative) return relative;
  const moment = epochOf(text) ?? absoluteOf(text, typing);
  return moment === null ? null : toRfc3339(moment);
}

/** What moves with the clock stays so in the address. */
function relativeOf(text: string): string | null {
  if (text === "today") return "now/d";
  if (text === "yesterday") return "now-1d/d";
  const tight = text.replace(/ /g, "");
  if (tight.startsWith("now")) return parseMoment(tight, 0n) === null ? null : tight;
  const length = text.replace(/^(?:last |past |-)/, "").replace(/ ago$/, "");
  let seconds = 0;
  for (PART.lastIndex = 0; PART.lastIndex < length.length; ) {
    const part = PART.exec(length);
    if (!part) return null;
    seconds += Number(part[1]) * SECONDS[part[2]!]!;
  }
  if (seconds <= 0) return null;
  const unit = ["d", "h", "m", "s"].find((one) => Number.isInteger(seconds / SECONDS[one]!)) ?? "s";
  const found = `now-${Math.round(seconds / SECONDS[unit]!)}${unit}`;
  return parseMoment(found, 0n) === null ? null : found;
}

/** Seconds, or parts of them, since 1970. */
function epochOf(text: string): Nanos | null {
  const digits = /^(\d{10}|\d{13}|\d{16}|\d{19})$/.exec(text)?.[1];
  if (digits) return BigInt(digits) * 10n ** BigInt(19 - digits.length);
  const parts = /^(\d{10})\.(\d{1,9})$/.exec(text);
  return parts ? BigInt(parts[1]! + parts[2]!.padEnd(9, "0")) : null;
}

function absoluteOf(text: string, typing: Typing): Nanos | null {
  const named = ZONE.exec(text);
  const isZoned = named !== null && /\d:\d\d|\d{1,2} ?[ap]m/.test(text.slice(0, named.index));
  const plain = isZoned ? text.slice(0, named.index) : text;
  const zone = isZoned ? minutesEast(named[1]!) : typing.zone;
  const [date, clock] = parted(plain);
  const time = clock === null ? {} : timeOf(clock);
  if (time === null) return null;
  // Where the time is said to be: elsewhere it may be another day.
  if (date === null) return nearest(time, zone, typing);
  const day = dayOf(date, zone, typing.now);
  if (day === null) return null;
  return momentAt(clock === null && typing.isEnd ? dayAfter(day, 1) : { ...day, ...time }, zone);
}

/** Date and time of day, either of which may be missing. */
function parted(text: string): [date: string | null, clock: string | null] {
  if (text === "midnight") return [null, "00:00"];
  if (text === "noon") return [null, "12:00"];
  if (CLOCK.test(text) && /[:m]/.test(text)) return [null, text];
  // Apache joins the two by a colon, ISO 8601 by a T.
  const split = /^(.*?\d{4}):(\d\d:\d\d.*)$/.exec(text) ?? /^(\S*\d)t(\d.*)$/.exec(text) ?? /^(.*?)(?: at)? (\S*:\S*(?: ?[ap]m)?|\d{1,2} ?[ap]m|noon|midnight)$/.exec(text);
  return split ? [split[1]!, split[2]!] : [text, null];
}

function timeOf(clock: string): Partial<Civil> | null {
  const found = CLOCK.exec({ noon: "12:00", midnight: "00:00" }[clock] ?? clock);
  if (!found) return null;
  const [, hour, minute = "0", second = "0", fraction = "", half] = found;
  if (half && (Number(hour) < 1 || Number(hour) > 12)) return null;
  const whole = half ? (Number(hour) % 12) + (half === "pm" ? 12 : 0) : Number(hour);
  return { hour: whole, minute: Number(minute), second: Number(second), fraction: BigInt(fraction.padEnd(9, "0")) };
}

function dayOf(text: string, zone: Zone | number, now: Nanos): Civil | null {
  const today = civilOf(now, zone);
  if (text === "today") return dayAfter(today, 0);
  if (text === "yesterday") return dayAfter(today, -1);
  const weekday = WEEKDAY.exec(text)?.[1]?.slice(0, 3);
  if (weekday) return dayAfter(today, -((today.weekday - DAYS.findIndex((day) => day.startsWith(weekday)) + 7) % 7));
  const iso = YEAR_FIRST.exec(text);
  if (iso) return { year: Number(iso[1]), month: Number(iso[3]), day: Number(iso[4]) };
  const short = MONTH_DAY.exec(text);
  if (short) return lately(Number(short[1]), Number(short[2]), today);
  const [, day, name, year] = DAY_NAME_YEAR.exec(text) ?? swapped(NAME_DAY_YEAR.exec(text)) ?? [];
  const month = MONTHS.indexOf(name ?? "") + 1;
  if (!day || !month) return null;
  return year ? { year: Number(year), month, day: Number(day) } : lately(month, Number(day), today);
}

function swapped(found: RegExpExecArray | null): (string | undefined)[] | null {
  return found && [found[0], found[2], found[1], found[3]];
}

/** A day of this year, or of the last one where this year's is still to come. */
function lately(month: number, day: number, today: Civil): Civil {
  const isToCome = month > today.month || (month === today.month && day > today.day);
  return { year: isToCome ? today.year - 1 : today.year, month, day };
}

/** A time of day alone: the last one, or the first after a moment. */
function nearest(time: Partial<Civil>, zone: Zone | number, { now, after }: Typing): Nanos | null {
  const today = civilOf(after ?? now, zone);
  const on = (days: number) => momentAt({ ...dayAfter(today, days), ...time }, zone);
  const [before, same, next] = [on(-1), on(0), on(1)];
  if (before === null || same === null || next === null) return null;
  if (after !== undefined) return same > after ? same : next;
  return same <= now ? same : before;
}

function minutesEast(text: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? [];
  return sign ? (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

/** Ranges of time as people choose and read them. */

import { formatDateTime, type Zone } from "@/lib/format";
import { parseMoment, type RangeText, type Span } from "@/lib/time";

export const PRESETS: readonly ({ name: string } & RangeText)[] = [
  { name: "Last 5 minutes", from: "now-5m", to: "now" },
  { name: "Last 15 minutes", from: "now-15m", to: "now" },
  { name: "Last 30 minutes", from: "now-30m", to: "now" },
  { name: "Last hour", from: "now-1h", to: "now" },
  { name: "Last 3 hours", from: "now-3h", to: "now" },
  { name: "Last 6 hours", from: "now-6h", to: "now" },
  { name: "Last 12 hours", from: "now-12h", to: "now" },
  { name: "Last day", from: "now-1d", to: "now" },
  { name: "Last 2 days", from: "now-2d", to: "now" },
  { name: "Last week", from: "now-7d", to: "now" },
  { name: "Today", from: "now/d", to: "now" },
  { name: "Yesterday", from: "now-1d/d", to: "now-1d/d" },
];

/** Whether two ranges are written alike. */
export function isSame(one: RangeText, other: RangeText): boolean {
  return one.from === other.from && one.to === other.to;
}

/** What the button of the time picker says: the preset's name, or both ends as they are typed. */
export function rangeLabel(range: RangeText, zone: Zone): string {
  const preset = PRESETS.find((one) => isSame(one, range));
  if (preset) return preset.name;
  const [from, to] = [momentText(range.from, zone), momentText(range.to, zone)];
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} – ${to.slice(11)}` : `${from} – ${to}`;
}

/** A moment as it is typed: a relative one as it is, an absolute one in the zone without what is zero. */
export function momentText(text: string, zone: Zone): string {
  if (text.startsWith("now")) return text;
  const moment = parseMoment(text, 0n);
  return moment === null ? text : formatDateTime(moment, zone).replace(/\.000$/, "").replace(/:00$/, "");
}

/** The range of this length around a moment. */
export function around(moment: bigint, minutes: number): Span {
  const half = BigInt(minutes) * 30_000_000_000n;
  return { start: moment - half, end: moment + half };
}

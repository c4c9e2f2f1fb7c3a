/** Ranges of time as people choose and read them. */

import { formatDateTime, type Zone } from "@/lib/format";
import { parseMoment, type RangeText, type Span, toRfc3339 } from "@/lib/time";

export const PRESETS: readonly { name: string; from: string }[] = [
  { name: "Last 5 minutes", from: "now-5m" },
  { name: "Last 15 minutes", from: "now-15m" },
  { name: "Last 30 minutes", from: "now-30m" },
  { name: "Last hour", from: "now-1h" },
  { name: "Last 3 hours", from: "now-3h" },
  { name: "Last 6 hours", from: "now-6h" },
  { name: "Last 12 hours", from: "now-12h" },
  { name: "Last day", from: "now-1d" },
  { name: "Last 2 days", from: "now-2d" },
  { name: "Last week", from: "now-7d" },
];

/** What the button of the time picker says: the preset's name, or both ends as they are typed. */
export function rangeLabel(range: RangeText, zone: Zone): string {
  const preset = PRESETS.find(({ from }) => from === range.from && range.to === "now");
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

const TYPED = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/;

/** What was typed as the address holds it: times without a zone are in the reader's. Null when it is no moment. */
export function momentOfTyped(typed: string, zone: Zone): string | null {
  const text = typed.trim();
  const plain = TYPED.exec(text);
  if (!plain || zone === "utc") return parseMoment(text, 0n) === null ? null : text;
  const [, date, time = "00:00", seconds = "00", fraction = ""] = plain;
  const millis = Date.parse(`${date}T${time}:${seconds}`);
  if (Number.isNaN(millis)) return null;
  return toRfc3339(BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, "0")));
}

/** The range of this length around a moment. */
export function around(moment: bigint, minutes: number): Span {
  const half = BigInt(minutes) * 30_000_000_000n;
  return { start: moment - half, end: moment + half };
}

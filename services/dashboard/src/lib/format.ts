/** Figures and times as people read them. */

import type { Nanos, Zone } from "./time";

export type { Zone } from "./time";

const COUNT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat("en");
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** `1,234` up to ten thousand, then `12.3K`, `1.2M`. */
export function formatCount(count: number | bigint): string {
  return count < 10_000 ? WHOLE.format(count) : COUNT.format(count);
}

export function formatWhole(count: number | bigint): string {
  return WHOLE.format(count);
}

/** `no errors`, `1 error`, `2,000 errors`. */
export function counted(count: number, noun: string): string {
  return `${count === 0 ? "no" : formatWhole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A part of one, such as 0.123, as `12.3%`. */
export function formatPercent(part: number): string {
  return PERCENT.format(part);
}

/** `812 B`, `1.2 kB`, `3.4 MB`. */
export function formatBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  const units = ["B", "kB", "MB", "GB", "TB"];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `0.8 s`, `12 s`, `3 min`, `2 h`, `5 d`; below a tenth of a second in milliseconds. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `14:03:21.042` in the zone. */
export function formatTime(moment: Nanos, zone: Zone): string {
  return parts(moment, zone).slice(11, 23);
}

/** `2026-11-25 14:03:21.042` in the zone. */
export function formatDateTime(moment: Nanos, zone: Zone): string {
  return parts(moment, zone).slice(0, 23);
}

function parts(moment: Nanos, zone: Zone): string {
  const millis = Number(moment / 1_000_000n);
  const offset = zone === "utc" ? 0 : new Date(millis).getTimezoneOffset() * 60_000;
  return new Date(millis - offset).toISOString().replace("T", " ");
}

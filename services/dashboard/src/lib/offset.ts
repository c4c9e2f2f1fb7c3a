/** Stretches of time within a trace, which go from microseconds to days. */

import type { Nanos } from "./time";

const MICRO = 1_000n;
const MILLI = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;

/** Three digits that count: `0`, `450 µs`, `1.66 ms`, `62.1 ms`, `3.25 s`, `2m 3.4s`, `5h 12m`, `3d 4h`. */
export function formatStretch(nanos: Nanos): string {
  if (nanos === 0n) return "0";
  if (nanos < MICRO) return `${nanos} ns`;
  if (nanos < MILLI) return `${digits(nanos, MICRO)} µs`;
  if (nanos < SECOND) return `${digits(nanos, MILLI)} ms`;
  if (nanos < MINUTE) return `${digits(nanos, SECOND)} s`;
  if (nanos < HOUR) return minutes(nanos);
  if (nanos < DAY) return pair(nanos, HOUR, "h", MINUTE, "m");
  return pair(nanos, DAY, "d", HOUR, "h");
}

/** How long after the start of the trace. */
export function formatOffset(nanos: Nanos): string {
  return `+${formatStretch(nanos)}`;
}

// Digits are cut and not rounded, so that 999.96 ms never reads as 1000 ms.
function digits(nanos: Nanos, unit: Nanos): string {
  const whole = nanos / unit;
  const places = whole >= 100n ? 0 : whole >= 10n ? 1 : 2;
  const fraction = ((nanos % unit) * 10n ** BigInt(places)) / unit;
  const tail = String(fraction).padStart(places, "0").replace(/0+$/, "");
  return places === 0 || tail === "" ? String(whole) : `${whole}.${tail}`;
}

function pair(nanos: Nanos, unit: Nanos, name: string, lesser: Nanos, lesserName: string): string {
  const rest = (nanos % unit) / lesser;
  return `${nanos / unit}${name}${rest ? ` ${rest}${lesserName}` : ""}`;
}

function minutes(nanos: Nanos): string {
  const tenths = (nanos % MINUTE) / (SECOND / 10n);
  return `${nanos / MINUTE}m${tenths ? ` ${Number(tenths) / 10}s` : ""}`;
}

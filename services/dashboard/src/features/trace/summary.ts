/** A trace in one line of figures. */

import { type Zone, counted, formatDateTime } from "@/lib/format";
import { formatStretch } from "@/lib/offset";
import { type Entry, isError, servicesOf } from "./trace";

/** `4 logs · 4 services · 4 spans · 1 error · 2.46 ms · 2026-11-25 09:40:02.425`. */
export function summaryOf(entries: readonly Entry[], cached: boolean, zone: Zone): string {
  const first = entries[0];
  if (!first) return "no logs";
  const spans = new Set(entries.map(({ span }) => span).filter(Boolean)).size;
  return [
    counted(entries.length, "log"),
    counted(servicesOf(entries).length, "service"),
    ...(spans > 0 ? [counted(spans, "span")] : []),
    counted(entries.filter(isError).length, "error"),
    formatStretch(entries.at(-1)!.offset),
    formatDateTime(first.record.timeUnixNano, zone),
    ...(cached ? ["from the cache of recent traces"] : []),
  ].join(" · ");
}

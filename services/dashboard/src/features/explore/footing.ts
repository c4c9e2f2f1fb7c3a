/** What stands below the list: how many rows of how many, how much was looked at, and why it ended. */

import { SearchEnd } from "@/gen/logmesh/v1/query_service_pb";
import { formatPercent, formatWhole } from "@/lib/format";
import type { Span } from "@/lib/time";
import { MOST_ROWS, type Results } from "./results";

/** The part of the range that was looked at, from 0 to 1; null when it is not known. */
export function scannedPart(results: Results, span: Span): number | null {
  if (results.end === SearchEnd.EXHAUSTED) return 1;
  if (results.scannedFrom === null) return null;
  const part = Number(span.end - results.scannedFrom) / Number(span.end - span.start);
  return Math.min(Math.max(part, 0), 1);
}

/**
 * `2,000 of 1,234,567 rows · scanned 12.3% · more to load`. `total` is how many match, by the histogram, which counts the same range. A search that went
 * through knows better than any count before it.
 */
export function footing(results: Results, span: Span, total: number | null): string {
  const rows = `${extent(results, total)} rows`;
  const part = scannedPart(results, span);
  // What rounds to all of the range must not look like all of it.
  const most = results.end === SearchEnd.EXHAUSTED ? 1 : 0.999;
  const scanned = part === null ? null : `scanned ${formatPercent(Math.min(part, most))}`;
  return [rows, scanned, reasonOf(results)].filter(Boolean).join(" · ");
}

function extent({ rows, end }: Results, total: number | null): string {
  const shown = formatWhole(rows.length);
  if (end === SearchEnd.EXHAUSTED) return `${shown} of ${shown}`;
  // What was written since it was counted may be among the rows; then it says nothing.
  return total === null || total <= rows.length ? shown : `${shown} of ${formatWhole(total)}`;
}

function reasonOf({ end, rows }: Results): string | null {
  if (end === null) return "searching…";
  if (end === SearchEnd.EXHAUSTED) return "everything in the range";
  if (rows.length >= MOST_ROWS) return `the list holds ${formatWhole(MOST_ROWS)}; narrow the range for older rows`;
  return end === SearchEnd.TIME_LIMIT ? "time ran out, there may be more" : "page full, older rows can be loaded";
}

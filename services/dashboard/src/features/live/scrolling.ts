/** Where a list of a live tail stands: pure arithmetic on sequence numbers and pixels. */

import type { LaneView, Reading } from "./client";
import type { Window } from "./protocol";

export const ROW_PIXELS = 24;
/** Rows drawn beyond each edge while somebody reads. */
const OVERSCAN = 12;

/** Lines that came since the reader stopped following. */
export function newLines({ end, skipped }: LaneView, { bottom }: Reading): number {
  return end - bottom + skipped;
}

/** How many rows fit, the last one perhaps in part. */
export function rowsIn(pixels: number): number {
  return Math.ceil(pixels / ROW_PIXELS);
}

/** How many rows are drawn at most. */
export function slotsIn(pixels: number): number {
  return rowsIn(pixels) + 2 * OVERSCAN;
}

/** The rows to ask for: those in sight, and some around them while somebody reads. */
export function windowAt(reading: Reading | null, scrollTop: number, pixels: number): Window {
  if (!reading) return { from: null, count: rowsIn(pixels) };
  const from = reading.base + Math.floor(scrollTop / ROW_PIXELS) - OVERSCAN;
  const start = Math.max(reading.base, from);
  return { from: start, count: Math.min(reading.bottom - start, slotsIn(pixels)) };
}

/**
 * What a reader who has come to the end means: there is more below, or, when there is not, to follow again. Null while the end is
 * not in sight.
 */
export function atEnd(view: LaneView, reading: Reading, scrollTop: number, pixels: number): Reading | "follow" | null {
  const height = (reading.bottom - reading.base) * ROW_PIXELS;
  if (scrollTop + pixels < height - 1) return null;
  return view.end > reading.bottom ? { ...reading, bottom: view.end } : "follow";
}

/**
 * By how many pixels the list must scroll so that what is read stays in sight: lines that came into a gap above move what is
 * below them, and lines that have left the memory can't be read any more.
 */
export function shiftOf({ first }: LaneView, { base }: Reading, scrollTop: number): number {
  if (first < base) return (base - first) * ROW_PIXELS;
  return Math.max(0, (first - base) * ROW_PIXELS - scrollTop);
}

/**
 * The time axis of a trace: time runs evenly, except that long silences are squeezed to a fixed width.
 * Offsets are nanoseconds from the trace's start; positions run from 0 at the left to 1 at the right.
 */

import type { Nanos } from "@/lib/time";

export interface Segment {
  readonly from: Nanos;
  readonly to: Nanos;
  readonly left: number;
  readonly right: number;
  /** Whether it is a silence that is drawn shorter than it was. */
  readonly squeezed: boolean;
}

export interface Tick {
  readonly offset: Nanos;
  readonly position: number;
}

export interface Axis {
  readonly duration: Nanos;
  /** In order, without gaps between them. */
  readonly segments: readonly Segment[];
  readonly ticks: readonly Tick[];
  place: (offset: Nanos) => number;
}

/** A silence is long when it lasts this many times as long as all shorter ones together. */
const LONG = 3n;
const SQUEEZED_WIDTH = 0.06;
const SQUEEZED_WIDTH_TOTAL = 0.4;
const TICKS = 6;
const TICK_DISTANCE = 0.09;
const STEPS = [1n, 2n, 5n];

/** The axis of logs at these offsets, ascending from 0. */
export function axisOf(offsets: readonly Nanos[]): Axis {
  const duration = offsets.at(-1) ?? 0n;
  const segments = segmentsOf(offsets, duration);
  const place = (offset: Nanos) => {
    const segment = segments.find(({ to }) => offset <= to);
    return segment ? within(segment, offset) : 0;
  };
  return { duration, segments, ticks: ticksOf(segments), place };
}

/**
 * From how long on a silence is squeezed, or null when none is. At least half of all gaps must stay as they are: where most
 * are alike, they are the trace's rhythm and not its silences.
 */
export function longSilence(gaps: readonly Nanos[]): Nanos | null {
  const ascending = BigUint64Array.from(gaps.filter((gap) => gap > 0n)).toSorted();
  let shorter = 0n;
  for (const [index, gap] of ascending.entries()) {
    if (index > 0 && index * 2 >= ascending.length && gap > LONG * shorter) return gap;
    shorter += gap;
  }
  return null;
}

function segmentsOf(offsets: readonly Nanos[], duration: Nanos): Segment[] {
  if (duration === 0n) return [];
  const silences: [from: Nanos, to: Nanos][] = [];
  const gaps = offsets.slice(1).map((offset, index) => offset - offsets[index]!);
  const long = longSilence(gaps);
  for (const [index, gap] of gaps.entries()) {
    if (long !== null && gap >= long) silences.push([offsets[index]!, offsets[index + 1]!]);
  }
  const squeezedWidth = Math.min(SQUEEZED_WIDTH, SQUEEZED_WIDTH_TOTAL / Math.max(silences.length, 1));
  const busy = duration - silences.reduce((total, [from, to]) => total + to - from, 0n);
  const busyWidth = 1 - squeezedWidth * silences.length;

  const segments: Segment[] = [];
  let left = 0;
  const add = (from: Nanos, to: Nanos, width: number, squeezed: boolean) => {
    segments.push({ from, to, left, right: left + width, squeezed });
    left += width;
  };
  let at = 0n;
  for (const [from, to] of [...silences, [duration, duration] as const]) {
    if (from > at) add(at, from, (Number(from - at) / Number(busy)) * busyWidth, false);
    if (to > from) add(from, to, squeezedWidth, true);
    at = to;
  }
  return segments;
}

function within({ from, to, left, right }: Segment, offset: Nanos): number {
  return left + (right - left) * (Number(offset - from) / Number(to - from));
}

/** Where each part that runs evenly begins, and round moments within it; none too close to another. */
function ticksOf(segments: readonly Segment[]): Tick[] {
  const even = segments.filter(({ squeezed }) => !squeezed);
  const step = roundStep(even.reduce((total, { from, to }) => total + to - from, 0n) / BigInt(TICKS));
  const ticks: Tick[] = [];
  const isTooNear = (position: number) => position - (ticks.at(-1)?.position ?? Number.NEGATIVE_INFINITY) < TICK_DISTANCE;
  for (const segment of even) {
    // That a burst begins here says more than the round moment before its silence.
    if (isTooNear(segment.left)) ticks.pop();
    ticks.push({ offset: segment.from, position: segment.left });
    for (let offset = (segment.from / step + 1n) * step; offset <= segment.to; offset += step) {
      const position = within(segment, offset);
      if (!isTooNear(position)) ticks.push({ offset, position });
    }
  }
  return ticks;
}

/** The least of 1, 2, 5, 10, 20, 50, … that is not below the wish. */
function roundStep(wish: Nanos): Nanos {
  for (let power = 1n; ; power *= 10n) {
    const step = STEPS.find((one) => one * power >= wish);
    if (step !== undefined) return step * power;
  }
}

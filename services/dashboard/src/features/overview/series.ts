/** The gateway's counts over time as the series of a chart. */

import type { HistogramResponse, Series } from "@/gen/logmesh/v1/query_service_pb";
import { levelNamed } from "@/lib/levels";
import type { Nanos, Span } from "@/lib/time";

/** One value's counts, with what the chart and its legend call it. */
export interface Layer {
  readonly label: string;
  readonly colour: string;
  /** By bucket. */
  readonly values: readonly number[];
  readonly total: number;
}

export interface Buckets {
  /** What was asked for; the first bucket may begin before it, and the last end after it. */
  readonly span: Span;
  /** Where each begins, in seconds since 1970. */
  readonly times: readonly number[];
  readonly start: Nanos;
  readonly width: Nanos;
  /** Drawn from below upwards. */
  readonly layers: readonly Layer[];
  readonly total: number;
  /** Totals of the period before by bucket, and of all of it; null when it was not counted. */
  readonly before: { readonly values: readonly number[]; readonly total: number } | null;
  /** Records before this moment were not counted; null when all were. */
  readonly countedFrom: Nanos | null;
  /** Whether each layer has all records of its value; if not, some are among the other values. */
  readonly isExact: boolean;
}

/** Colours of values that have none of their own, told apart by their order. What is left is one layer in grey. */
const COLOURS = ["accent", "good", "caution", "fatal", "info", "error", "debug"];

/** The counts by the field `by`; `level` and nothing are the severity's levels. */
export function bucketsOf(answer: HistogramResponse, by: string, span: Span): Buckets {
  const start = nanosOf(answer.startTime) ?? 0n;
  const width = nanosOf(answer.width) || 1_000_000_000n;
  const layers = isLevel(by) ? answer.series.map(levelLayer) : valueLayers(answer.series);
  const count = Math.max(answer.previous.length, ...layers.map((layer) => layer.values.length));
  const before = answer.previous.map(Number);
  const countedFrom = nanosOf(answer.countedFrom);
  return {
    span,
    times: Array.from({ length: count }, (_, index) => Number((start + width * BigInt(index)) / 1_000_000n) / 1000),
    start,
    width,
    layers,
    total: sum(layers.map((layer) => layer.total)),
    before: before.length ? { values: before, total: sum(before) } : null,
    countedFrom: countedFrom !== null && countedFrom > start ? countedFrom : null,
    isExact: answer.exact,
  };
}

/** From the beginning of one bucket to the end of another, both included, in either order; not beyond what was asked for. */
export function spanOf(buckets: Buckets, one: number, other: number): Span {
  const { span } = buckets;
  const first = buckets.start + buckets.width * BigInt(Math.min(one, other));
  const end = buckets.start + buckets.width * BigInt(Math.max(one, other) + 1);
  return { start: first > span.start ? first : span.start, end: end < span.end ? end : span.end };
}

/** The bucket that a moment in seconds since 1970 falls into, or the nearest one. */
export function bucketAt(buckets: Buckets, seconds: number): number {
  const index = Math.floor((seconds - (buckets.times[0] ?? 0)) / (Number(buckets.width) / 1e9));
  return Math.min(Math.max(index, 0), Math.max(buckets.times.length - 1, 0));
}

export function isLevel(by: string): boolean {
  return by === "" || by === "level";
}

export function nanosOf(time: { seconds: bigint; nanos: number } | undefined): Nanos | null {
  return time ? time.seconds * 1_000_000_000n + BigInt(time.nanos) : null;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function levelLayer(series: Series): Layer {
  const level = levelNamed(series.value);
  return layerOf(level.name === "NONE" ? "no level" : level.name, level.colour, [series]);
}

function valueLayers(series: readonly Series[]): Layer[] {
  const told = series.filter((one) => !one.isRest).slice(0, COLOURS.length);
  const rest = series.filter((one) => !told.includes(one));
  const layers = told.map((one, index) => layerOf(one.value || "no value", COLOURS[index]!, [one]));
  return rest.length ? [...layers, layerOf("other values", "none", rest)] : layers;
}

function layerOf(label: string, colour: string, series: readonly Series[]): Layer {
  const values = series[0]!.counts.map((_, index) => sum(series.map((one) => Number(one.counts[index] ?? 0))));
  return { label, colour, values, total: sum(values) };
}

/** A histogram's figures in words: for its readout, for those who can't see it, and as it is read aloud. */

import { formatCount, formatDateTime, formatPercent, formatWhole, type Zone } from "@/lib/format";
import type { Nanos } from "@/lib/time";
import { type Buckets, type Layer, spanOf, sum } from "./series";

const DAY = 86_400_000_000_000n;

/** `14:03:20`; with its date when the whole is long, and without seconds then. */
export function clock(moment: Nanos, buckets: Buckets, zone: Zone): string {
  const text = formatDateTime(moment, zone);
  return buckets.width * BigInt(buckets.times.length) > DAY ? text.slice(5, 16) : text.slice(11, 19);
}

/** `14:03:20–14:03:40`: from the beginning of one bucket to the end of another. */
export function period(buckets: Buckets, one: number, other: number, zone: Zone): string {
  const { start, end } = spanOf(buckets, one, other);
  return `${clock(start, buckets, zone)}–${clock(end, buckets, zone)}`;
}

/** A layer's records in buckets from one to another, both included, in either order. */
export function within(values: readonly number[], one: number, other: number): number {
  return sum(values.slice(Math.min(one, other), Math.max(one, other) + 1));
}

/** Some buckets in one line: `14:03:20–14:03:40: 812 records, ERROR 12, INFO 800; before 790`. */
export function bucketSentence(buckets: Buckets, one: number, other: number, zone: Zone): string {
  const counts = buckets.layers.map((layer) => ({ label: layer.label, count: within(layer.values, one, other) }));
  const total = sum(counts.map(({ count }) => count));
  const parts = counts.filter(({ count }) => count > 0).map(({ label, count }) => `${label} ${formatWhole(count)}`);
  const before = buckets.before ? `; before ${formatWhole(within(buckets.before.values, one, other))}` : "";
  return `${period(buckets, one, other, zone)}: ${[`${formatWhole(total)} records`, ...parts].join(", ")}${before}`;
}

/** The whole chart in words: totals, the fullest bucket, the change since the period before. */
export function summary(buckets: Buckets, layers: readonly Layer[], zone: Zone): string {
  const total = sum(layers.map((layer) => layer.total));
  if (total === 0) return "No records in this range.";
  const totals = buckets.times.map((_, index) => sum(layers.map((layer) => layer.values[index] ?? 0)));
  const fullest = totals.indexOf(Math.max(...totals));
  const parts = layers.map((layer) => `${layer.label} ${formatWhole(layer.total)}`).join(", ");
  const change = changeSince(buckets);
  return [
    `${formatWhole(total)} records over time: ${parts}.`,
    `Most in ${period(buckets, fullest, fullest, zone)}: ${formatWhole(totals[fullest]!)}.`,
    change && `${change}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** `+12% against the period before`; empty when that was not counted or only in part. */
export function changeSince(buckets: Buckets): string {
  if (!buckets.before || buckets.countedFrom !== null) return "";
  const { total } = buckets.before;
  if (total === 0) return "none in the period before";
  const change = buckets.total / total - 1;
  if (Math.abs(change) < 0.0005) return "as many as in the period before";
  if (change >= 10) return `${formatCount(total)} in the period before`;
  return `${change > 0 ? "+" : ""}${formatPercent(change)} against the period before`;
}

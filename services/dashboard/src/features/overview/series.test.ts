import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { HistogramResponseSchema } from "@/gen/logmesh/v1/query_service_pb";
import { bucketAt, bucketsOf, spanOf } from "./series";

const SPAN = { start: 70_000_000_000n, end: 110_000_000_000n };

const answer = (values: string[], more = {}) =>
  create(HistogramResponseSchema, {
    startTime: { seconds: 60n },
    width: { seconds: 30n },
    series: values.map((value) => ({ value, counts: [1n, 2n] })),
    countedFrom: { seconds: 60n },
    ...more,
  });

test("levels keep their colours, and all is counted", () => {
  const buckets = bucketsOf(answer(["ERROR", ""], { previous: [4n, 5n] }), "", SPAN);
  expect(buckets.times).toEqual([60, 90]);
  expect(buckets.layers.map(({ label, colour, total }) => [label, colour, total])).toEqual([
    ["ERROR", "error", 3],
    ["no level", "none", 3],
  ]);
  expect(buckets.total).toBe(6);
  expect(buckets.before).toEqual({ values: [4, 5], total: 9 });
  expect(buckets.countedFrom).toBeNull();
});

test("values beyond those that colours tell apart are one layer", () => {
  const buckets = bucketsOf(answer(["a", "b", "c", "d", "e", "f", "g", "h", "i"]), "service", SPAN);
  expect(buckets.layers.map((layer) => layer.label)).toEqual(["a", "b", "c", "d", "e", "f", "g", "other values"]);
  expect(buckets.layers.at(-1)?.values).toEqual([2, 4]);
  expect(buckets.total).toBe(27);
  expect(buckets.before).toBeNull();
});

test("values that could not be followed everywhere are said to be so", () => {
  expect(bucketsOf(answer(["a"], { exact: true }), "attributes.id", SPAN).isExact).toBe(true);
  expect(bucketsOf(answer(["a"]), "attributes.id", SPAN)).toMatchObject({ isExact: false, countedFrom: null });
});

test("a count that ran out of time says from when on it holds", () => {
  expect(bucketsOf(answer(["INFO"], { countedFrom: { seconds: 75n } }), "level", SPAN).countedFrom).toBe(75_000_000_000n);
});

test("buckets become a span within the one they are of, in either order", () => {
  const buckets = bucketsOf(answer(["INFO"]), "level", SPAN);
  expect(spanOf(buckets, 1, 0)).toEqual(SPAN);
  expect(spanOf(buckets, 0, 0)).toEqual({ start: 70_000_000_000n, end: 90_000_000_000n });
  expect([0, 60, 89.9, 90, 500].map((seconds) => bucketAt(buckets, seconds))).toEqual([0, 0, 0, 1, 1]);
});

test("nothing found is no bucket", () => {
  expect(bucketsOf(answer([]), "", SPAN).times).toEqual([]);
});

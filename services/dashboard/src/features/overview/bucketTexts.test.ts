import { expect, test } from "vitest";
import { bucketSentence, changeSince, summary } from "./bucketTexts";
import type { Buckets } from "./series";

const buckets: Buckets = {
  span: { start: 0n, end: 55_000_000_000n },
  times: [0, 30],
  start: 0n,
  width: 30_000_000_000n,
  layers: [
    { label: "ERROR", colour: "error", values: [0, 12], total: 12 },
    { label: "INFO", colour: "info", values: [1_000, 800], total: 1_800 },
  ],
  total: 1_812,
  before: { values: [900, 900], total: 1_800 },
  countedFrom: null,
  isExact: true,
};

test("buckets are told with their end, in either order", () => {
  expect(bucketSentence(buckets, 1, 1, "utc")).toBe("00:00:30–00:00:55: 812 records, ERROR 12, INFO 800; before 900");
  expect(bucketSentence(buckets, 1, 0, "utc")).toContain("00:00:00–00:00:55: 1,812 records");
});

test("the whole is told with its peak and its change", () => {
  expect(summary(buckets, buckets.layers, "utc")).toBe(
    "1,812 records over time: ERROR 12, INFO 1,800. Most in 00:00:00–00:00:30: 1,000. +0.7% against the period before.",
  );
  expect(summary(buckets, [], "utc")).toBe("No records in this range.");
});

test("what was counted in part is not compared", () => {
  expect(changeSince({ ...buckets, countedFrom: 1n })).toBe("");
  expect(changeSince({ ...buckets, before: { values: [0, 0], total: 0 } })).toBe("none in the period before");
});

import { expect, test } from "vitest";
import { axisOf, longSilence } from "./axis";

const MS = 1_000_000n;
const times = (...millis: number[]) => millis.map((one) => BigInt(one) * MS);

test("without a long silence, time runs evenly from left to right", () => {
  const axis = axisOf(times(0, 10, 25, 40));
  expect(axis.segments.map(({ squeezed }) => squeezed)).toEqual([false]);
  expect([0, 10, 40].map((one) => axis.place(BigInt(one) * MS))).toEqual([0, 0.25, 1]);
});

test("a silence between two bursts is squeezed, and the bursts share the rest by their length", () => {
  const axis = axisOf(times(0, 20, 30, 60_030, 60_040, 60_060));
  expect(axis.segments.map(({ squeezed }) => squeezed)).toEqual([false, true, false]);
  const [first, silence, last] = axis.segments;
  expect(silence!.right - silence!.left).toBeCloseTo(0.06);
  expect(first!.right - first!.left).toBeCloseTo(0.47);
  expect(last!.right).toBeCloseTo(1);
  expect(axis.place(60_060n * MS)).toBeCloseTo(1);
});

test("several silences are squeezed alike, however many", () => {
  const offsets = Array.from({ length: 24 }, (_, index) => [index * 60_000, index * 60_000 + 10]).flat();
  const axis = axisOf(times(...offsets));
  const squeezed = axis.segments.filter((segment) => segment.squeezed);
  expect(squeezed).toHaveLength(23);
  expect(squeezed.reduce((sum, { left, right }) => sum + right - left, 0)).toBeCloseTo(0.4);
});

test("a steady rhythm has no silences, even after one short gap", () => {
  expect(longSilence(times(100, 100, 100))).toBeNull();
  expect(longSilence([1_000n, MS, MS, MS])).toBeNull();
});

test("one log, or several at one moment, stand at the start", () => {
  expect(axisOf(times(0)).place(0n)).toBe(0);
  expect(axisOf(times(0, 0)).place(0n)).toBe(0);
  expect(axisOf([]).ticks).toEqual([]);
});

test("two logs are not squeezed together", () => {
  expect(axisOf(times(0, 5_000)).segments.map(({ squeezed }) => squeezed)).toEqual([false]);
});

test("ticks are round and apart, and each burst has one where it begins", () => {
  expect(axisOf(times(0, 20, 30, 60_030, 60_040, 60_060)).ticks.map(({ offset }) => offset / MS)).toContain(60_030n);
  const { ticks } = axisOf(times(0, 13, 29, 58));
  expect(ticks.map(({ offset }) => offset / MS)).toEqual([0n, 10n, 20n, 30n, 40n, 50n]);
});

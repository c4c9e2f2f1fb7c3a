import { expect, test } from "vitest";
import type { LaneView } from "./client";
import { atEnd, newLines, ROW_PIXELS, shiftOf, windowAt } from "./scrolling";

const view = (first: number, end: number, skipped = 0): LaneView => ({ first, end, skipped, rows: [] });

test("a list that follows asks for the newest lines that fit", () => {
  expect(windowAt(null, 5_000, 10 * ROW_PIXELS)).toEqual({ from: null, count: 10 });
});

test("a list that is read asks for what is in sight and some rows around it, and for nothing beyond its ends", () => {
  const reading = { base: 1_000, bottom: 1_100 };
  expect(windowAt(reading, 50 * ROW_PIXELS, 10 * ROW_PIXELS)).toEqual({ from: 1_038, count: 34 });
  expect(windowAt(reading, 0, 10 * ROW_PIXELS)).toEqual({ from: 1_000, count: 34 });
  expect(windowAt(reading, 90 * ROW_PIXELS, 10 * ROW_PIXELS)).toEqual({ from: 1_078, count: 22 });
});

test("new lines are those below, and those that memory had no room for", () => {
  expect(newLines(view(0, 150, 1_000), { base: 0, bottom: 100 })).toBe(1_050);
});

test("at the end there is more to read, or nothing, which means to follow", () => {
  const reading = { base: 0, bottom: 100 };
  const end = 90 * ROW_PIXELS;
  expect(atEnd(view(0, 150), reading, end - 10, 10 * ROW_PIXELS)).toBeNull();
  expect(atEnd(view(0, 150), reading, end, 10 * ROW_PIXELS)).toEqual({ base: 0, bottom: 150 });
  expect(atEnd(view(0, 100), reading, end, 10 * ROW_PIXELS)).toBe("follow");
});

test("lines that came into a gap above, and lines that left, move what is read", () => {
  const reading = { base: 100, bottom: 200 };
  expect(shiftOf(view(70, 300), reading, 0)).toBe(30 * ROW_PIXELS);
  expect(shiftOf(view(110, 300), reading, 4 * ROW_PIXELS)).toBe(6 * ROW_PIXELS);
  expect(shiftOf(view(110, 300), reading, 20 * ROW_PIXELS)).toBe(0);
});

import { expect, test } from "vitest";
import { formatBytes, formatCount, formatDateTime, formatDuration, formatPercent, formatTime } from "./format";

test("counts stay whole while they are short", () => {
  expect([0, 1234, 12_345, 1_234_567].map(formatCount)).toEqual(["0", "1,234", "12.3K", "1.2M"]);
  expect(formatCount(9_999n)).toBe("9,999");
});

test("bytes and parts have a unit and few digits", () => {
  expect([0, 812, 1_234, 65_536, 3_400_000].map(formatBytes)).toEqual(["0 B", "812 B", "1.2 kB", "66 kB", "3.4 MB"]);
  expect(formatPercent(0.1234)).toBe("12.3%");
});

test("durations take the unit that fits", () => {
  expect([0.012, 0.84, 12, 150, 7_300, 200_000].map(formatDuration)).toEqual([
    "12 ms",
    "0.8 s",
    "12 s",
    "3 min",
    "2 h",
    "2 d",
  ]);
});

test("times are cut to milliseconds", () => {
  expect(formatTime(1_000_000_001_042_999_999n, "utc")).toBe("01:46:41.042");
  expect(formatDateTime(1_000_000_001_042_999_999n, "utc")).toBe("2001-09-09 01:46:41.042");
});

import { describe, expect, test } from "vitest";
import { parseMoment, toRfc3339 } from "@/lib/time";
import { momentOfTyped, rangeOfTyped } from "./typed";

// A Monday.
const NOW = parseMoment("2026-11-30T10:00:00Z", 0n)!;
const utc = (typed: string, isEnd = false) => momentOfTyped(typed, { zone: "utc", now: NOW, isEnd });

test.each([
  ["now", "now"],
  ["now-1d/d", "now-1d/d"],
  ["now - 15 m", "now-15m"],
  ["yesterday", "now-1d/d"],
  ["Today", "now/d"],
  ["1h", "now-1h"],
  ["90 minutes ago", "now-90m"],
  ["1h30m", "now-90m"],
  ["1.5h", "now-90m"],
  ["last 2 days", "now-2d"],
  ["2w", "now-14d"],
])("%s moves with the clock: %s", (typed, text) => {
  expect(utc(typed)).toBe(text);
});

test.each([
  ["08:50", "2026-11-30T08:50:00Z"],
  ["8:50:01.25", "2026-11-30T08:50:01.250Z"],
  ["23:50", "2026-11-29T23:50:00Z"],
  ["8:50pm", "2026-11-29T20:50:00Z"],
  ["9 am", "2026-11-30T09:00:00Z"],
  ["noon", "2026-11-29T12:00:00Z"],
  ["08:50 +01:00", "2026-11-30T07:50:00Z"],
  ["yesterday 08:50", "2026-11-29T08:50:00Z"],
  ["yesterday at noon", "2026-11-29T12:00:00Z"],
  ["friday 17:00", "2026-11-27T17:00:00Z"],
  ["mon", "2026-11-30T00:00:00Z"],
  ["2026-11-29", "2026-11-29T00:00:00Z"],
  ["2026/11/29 8:50", "2026-11-29T08:50:00Z"],
  ["2026-11-29T08:50:00.123456789+05:30", "2026-11-29T03:20:00.123456789Z"],
  ["2026-11-29 08:50:01,250", "2026-11-29T08:50:01.250Z"],
  ["29/Nov/2026:08:50:00 +0100", "2026-11-29T07:50:00Z"],
  ["Nov 29 08:50:01", "2026-11-29T08:50:01Z"],
  ["Dec  1 08:50:01", "2025-12-01T08:50:01Z"],
  ["29 November 2026", "2026-11-29T00:00:00Z"],
  ["11-29 08:50", "2026-11-29T08:50:00Z"],
  ["1796028600", toRfc3339(1_796_028_600_000_000_000n)],
  ["1796028600123", toRfc3339(1_796_028_600_123_000_000n)],
])("%s is %s", (typed, moment) => {
  expect(utc(typed)).toBe(moment);
});

test.each(["", "soon", "12", "25:00", "2026-02-30", "now+1h", "8:75", "13pm", "1h and more", "2026-11-29 ago"])("%j is no moment", (typed) => {
  expect(utc(typed)).toBeNull();
});

test("a day that ends a range is meant to its end, and a time of day is the first after the start", () => {
  expect(utc("2026-11-29", true)).toBe("2026-11-30T00:00:00Z");
  expect(parseMoment("now-1d/d", NOW, { isEnd: true })).toBe(parseMoment("2026-11-30T00:00:00Z", 0n));
  expect(rangeOfTyped("23:50", "00:10", "utc", NOW)).toEqual({ from: "2026-11-29T23:50:00Z", to: "2026-11-30T00:10:00Z" });
  expect(rangeOfTyped("08:50", "", "utc", NOW)).toEqual({ from: "2026-11-30T08:50:00Z", to: "now" });
  expect(rangeOfTyped("yesterday", "yesterday", "utc", NOW)).toEqual({ from: "now-1d/d", to: "now-1d/d" });
  expect(rangeOfTyped("1h", "2h", "utc", NOW)).toBe("order");
  expect([rangeOfTyped("x", "now", "utc", NOW), rangeOfTyped("1h", "x", "utc", NOW)]).toEqual(["from", "to"]);
});

// Whatever the reader's own zone is; tests/unit/cli/test_moments.py has the same cases.
describe.each(["utc", "local"] as const)("a time with a zone, to a reader of %s times,", (zone) => {
  const at = (text: string) => parseMoment(text, 0n)!;

  test.each([
    ["2026-01-02T01:30Z", "01:00Z", "2026-01-02T01:00:00Z"],
    ["2026-01-02T01:30Z", "02:00 UTC", "2026-01-01T02:00:00Z"],
    ["2026-01-01T23:30Z", "23:00Z", "2026-01-01T23:00:00Z"],
    ["2026-01-01T20:30Z", "05:00+09:00", "2026-01-01T20:00:00Z"],
    ["2026-01-01T20:30Z", "06:00+09:00", "2025-12-31T21:00:00Z"],
    ["2026-01-02T03:30Z", "22:00-0500", "2026-01-02T03:00:00Z"],
    ["2026-01-01T20:30Z", "today 05:00+09:00", "2026-01-01T20:00:00Z"],
    ["2026-01-02T01:30Z", "yesterday 23:00-05:00", "2026-01-01T04:00:00Z"],
    ["2026-01-01T20:30Z", "friday 05:00+09:00", "2026-01-01T20:00:00Z"],
    ["2025-12-31T20:30Z", "Jan 1 05:00+09:00", "2025-12-31T20:00:00Z"],
  ])("at %s, %s is on the day that is there", (now, typed, moment) => {
    expect(momentOfTyped(typed, { zone, now: at(now) })).toBe(moment);
  });

  test.each([
    ["2026-01-01T23:00Z", "23:20Z", "2026-01-01T23:20:00Z"],
    ["2026-01-01T23:00Z", "00:20Z", "2026-01-02T00:20:00Z"],
    ["2026-01-02T01:00Z", "01:20Z", "2026-01-02T01:20:00Z"],
    ["2026-01-01T20:00Z", "05:20+09:00", "2026-01-01T20:20:00Z"],
    ["2026-01-02T03:00Z", "22:20-05:00", "2026-01-02T03:20:00Z"],
  ])("after %s, %s is on the day that it begins there", (from, typed, to) => {
    const range = rangeOfTyped(from, typed, zone, at("2026-01-02T05:00Z"));
    expect(range).toEqual({ from: toRfc3339(at(from)), to });
  });
});

test("times and days are those of the reader's zone", () => {
  const offset = new Date(2026, 10, 30).getTimezoneOffset();
  const local = momentOfTyped("2026-11-30 00:00", { zone: "local", now: NOW })!;
  expect(parseMoment(local, 0n)).toBe(parseMoment("2026-11-30T00:00:00Z", 0n)! + BigInt(offset) * 60_000_000_000n);
});

import { expect, test } from "vitest";
import { momentText, rangeLabel } from "./ranges";
import { momentOfTyped } from "./typed";

test("a preset has its name, another range both its ends", () => {
  expect(rangeLabel({ from: "now-15m", to: "now" }, "utc")).toBe("Last 15 minutes");
  expect(rangeLabel({ from: "now-1d/d", to: "now-1d/d" }, "utc")).toBe("Yesterday");
  expect(rangeLabel({ from: "now-2h", to: "now-1h" }, "utc")).toBe("now-2h – now-1h");
  expect(rangeLabel({ from: "2026-01-31T12:00:00Z", to: "2026-01-31T12:30:05Z" }, "utc")).toBe("2026-01-31 12:00 – 12:30:05");
});

test("what is shown can be typed again", () => {
  for (const zone of ["utc", "local"] as const) {
    for (const text of ["now-15m", "2026-01-31T12:00:00Z", "2026-01-31T12:00:01.250Z"]) {
      const typed = momentOfTyped(momentText(text, zone), { zone, now: 0n })!;
      expect(momentText(typed, zone)).toBe(momentText(text, zone));
    }
  }
});

import { describe, expect, test } from "vitest";
import { absoluteRange, isRelative, parseMoment, resolveRange, toRfc3339, zoomOut } from "./time";

const NOW = 1_790_000_000_123_456_789n;

describe("moments", () => {
  test("relative ones count back from now", () => {
    expect(parseMoment("now", NOW)).toBe(NOW);
    expect(parseMoment("now-15m", NOW)).toBe(NOW - 900_000_000_000n);
    expect(parseMoment(" now-2w ", NOW)).toBe(NOW - 1_209_600_000_000_000n);
  });

  test("absolute ones keep their nanoseconds, and are UTC without a zone", () => {
    expect(parseMoment("1970-01-01T00:00:01.000000001Z", NOW)).toBe(1_000_000_001n);
    expect(parseMoment("1970-01-01 01:00:01+01:00", NOW)).toBe(1_000_000_000n);
    expect(parseMoment("1970-01-02", NOW)).toBe(86_400_000_000_000n);
  });

  test.each(["", "soon", "now-15", "now+1h", "2026-13-40T00:00:00Z"])("%j is none", (text) => {
    expect(parseMoment(text, NOW)).toBeNull();
  });

  test("are written with no more digits than they need, and read back the same", () => {
    expect(toRfc3339(1_500_000_000n)).toBe("1970-01-01T00:00:01.500Z");
    expect(toRfc3339(1_000_000_000n)).toBe("1970-01-01T00:00:01Z");
    expect(parseMoment(toRfc3339(NOW), 0n)).toBe(NOW);
  });
});

describe("ranges", () => {
  test("an empty or unreadable one means nothing", () => {
    expect(resolveRange({ from: "now", to: "now-1h" }, NOW)).toBeNull();
    expect(resolveRange({ from: "x", to: "now" }, NOW)).toBeNull();
    expect(resolveRange({ from: "now-1h", to: "now" }, NOW)).toEqual({ start: NOW - 3_600_000_000_000n, end: NOW });
  });

  test("know whether they move with the clock", () => {
    expect(isRelative({ from: "now-1h", to: "now" })).toBe(true);
    expect(isRelative(absoluteRange({ start: 0n, end: NOW }))).toBe(false);
  });

  test("zooming out doubles them, and stops at now", () => {
    expect(zoomOut({ start: 100n, end: 200n }, 1_000n)).toEqual({ start: 50n, end: 250n });
    expect(zoomOut({ start: 900n, end: 1_000n }, 1_000n)).toEqual({ start: 800n, end: 1_000n });
  });
});

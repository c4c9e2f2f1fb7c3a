import { describe, expect, test } from "vitest";
import { compareShares, errorShare, linesPerSecond, wilson } from "./comparing";
import { RATE_SECONDS, RateCounter } from "./rates";

const SECOND = 1_000;

describe("rates", () => {
  test("are by second and level, and what is too old or of the future is left out", () => {
    const now = 1_000_500;
    const rates = new RateCounter();
    rates.add(17, now - 2 * SECOND, now);
    rates.add(9, now - 2 * SECOND, now);
    rates.add(0, now - SECOND, now);
    rates.add(9, now - RATE_SECONDS * SECOND - SECOND, now);
    rates.add(9, now + SECOND, now);
    const read = rates.read(now);
    expect(read.endSecond).toBe(999);
    expect(read.seconds).toHaveLength(RATE_SECONDS);
    expect(read.seconds.slice(-2)).toEqual([
      [0, 1, 0, 1, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 1],
    ]);
    expect(errorShare(read)).toEqual({ part: 1, whole: 3 });
    expect(linesPerSecond(read)).toBeCloseTo(3 / 5);
  });

  test("forget a second when its place is taken", () => {
    const rates = new RateCounter();
    rates.add(9, 5_000, 5_000);
    rates.add(9, 5_000 + RATE_SECONDS * SECOND, 5_000 + RATE_SECONDS * SECOND);
    const now = 6_000 + RATE_SECONDS * SECOND;
    expect(errorShare(rates.read(now)).whole).toBe(1);
  });
});

describe("error ratios", () => {
  test("have Wilson's interval", () => {
    const { ratio, low, high } = wilson({ part: 10, whole: 100 })!;
    expect(ratio).toBe(0.1);
    expect(low).toBeCloseTo(0.0552, 4);
    expect(high).toBeCloseTo(0.1744, 4);
    expect(wilson({ part: 0, whole: 10 })!.high).toBeCloseTo(0.2775, 4);
    expect(wilson({ part: 0, whole: 0 })).toBeNull();
  });

  test("differ only when chance hardly explains it", () => {
    const stable = { part: 20, whole: 2_000 };
    expect(compareShares({ part: 30, whole: 500 }, stable)).toBe("higher");
    expect(compareShares(stable, { part: 30, whole: 500 })).toBe("lower");
    expect(compareShares({ part: 1, whole: 40 }, stable)).toBe("same");
    expect(compareShares({ part: 0, whole: 0 }, stable)).toBeNull();
  });
});

import { afterEach, expect, test, vi } from "vitest";
import { boundsAfter, nowMillis, observe, onSkew, skewMillis } from "./clock";
import { nowNanos, resolveRange } from "./time";

const T = Date.parse("2026-11-30T10:00:00Z");
const header = (millis: number) => new Date(millis).toUTCString();

afterEach(() => {
  vi.useRealTimers();
  observe(header(Date.now()), Date.now(), Date.now());
});

test("bounds hold the truth, narrow with each answer, and begin anew when a clock was set", () => {
  const first = boundsAfter(null, T, T - 300, T + 200);
  expect(first).toEqual({ low: -200, high: 1_300 });
  expect(boundsAfter(first, T + 5_000, T + 5_900, T + 5_950)).toEqual({ low: -200, high: 100 });
  expect(boundsAfter(first, T + 90_000, T, T + 10)).toEqual({ low: 89_990, high: 91_000 });
});

test("relative ranges go by the server's clock where the browser's is off", () => {
  vi.useFakeTimers({ now: T });
  const told = vi.fn();
  const stop = onSkew(told);
  observe(header(T), T - 40, T);
  expect([skewMillis(), told.mock.calls.length]).toEqual([0, 0]);
  // The browser is ten minutes ahead.
  observe(header(T - 600_000), T - 40, T);
  expect(Math.abs(skewMillis() + 600_000)).toBeLessThan(1_000);
  expect(nowMillis() - T).toBe(skewMillis());
  const span = resolveRange({ from: "now-15m", to: "now" }, nowNanos())!;
  expect(Math.abs(Number(span.end / 1_000_000n) - (T - 600_000))).toBeLessThan(1_000);
  observe(header(T - 600_000), T - 20, T);
  observe("nonsense", T, T);
  observe(null, T, T);
  expect(told).toHaveBeenCalledOnce();
  stop();
});

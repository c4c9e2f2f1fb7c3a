import { expect, test } from "vitest";
import { formatOffset, formatStretch } from "./offset";

test.each([
  [0n, "0"],
  [999n, "999 ns"],
  [450_000n, "450 µs"],
  [1_657_790n, "1.65 ms"],
  [62_100_000n, "62.1 ms"],
  [999_960_000n, "999 ms"],
  [3_250_000_000n, "3.25 s"],
  [123_000_000_000n, "2m 3s"],
  [95_430_000_000n, "1m 35.4s"],
  [18_720_000_000_000n, "5h 12m"],
  [273_600_000_000_000n, "3d 4h"],
])("%d ns is %s", (nanos, text) => expect(formatStretch(nanos)).toBe(text));

test("an offset has its sign", () => expect(formatOffset(1_000_000n)).toBe("+1 ms"));

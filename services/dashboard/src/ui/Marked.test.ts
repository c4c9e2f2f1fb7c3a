import { expect, test } from "vitest";
import { parted } from "./Marked";

test("each place of the word is a piece of its own, in any case", () => {
  expect(parted("Time out, timeout", "time")).toEqual(["", "Time", " out, ", "time", "out"]);
  expect(parted("a", "")).toEqual(["a"]);
  expect(parted("İx", "x")).toEqual(["İx"]);
});

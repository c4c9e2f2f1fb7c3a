import { expect, test } from "vitest";
import { cursorAfterKey } from "./cursor";

test("the first arrow marks the newest bucket, and the cursor stays within", () => {
  expect(cursorAfterKey(null, "ArrowLeft", false, 5)).toEqual({ anchor: 4, at: 4 });
  expect(cursorAfterKey({ anchor: 4, at: 4 }, "ArrowRight", false, 5)).toEqual({ anchor: 4, at: 4 });
  expect(cursorAfterKey({ anchor: 3, at: 3 }, "PageUp", false, 5)).toEqual({ anchor: 0, at: 0 });
});

test("Shift moves one end of the mark, and an arrow alone drops it", () => {
  const two = cursorAfterKey({ anchor: 3, at: 3 }, "ArrowLeft", true, 5);
  expect(two).toEqual({ anchor: 3, at: 2 });
  expect(cursorAfterKey(two, "Home", true, 5)).toEqual({ anchor: 3, at: 0 });
  expect(cursorAfterKey(two, "ArrowLeft", false, 5)).toEqual({ anchor: 1, at: 1 });
});

test("other keys, and no buckets, mean nothing", () => {
  expect(cursorAfterKey(null, "j", false, 5)).toBeNull();
  expect(cursorAfterKey(null, "Home", false, 0)).toBeNull();
});

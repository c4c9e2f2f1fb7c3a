import { expect, test } from "vitest";
import { rowAfterKey, withRow } from "./roving";

test("keys move within the list", () => {
  expect(rowAfterKey("j", 0, 3, 10)).toBe(1);
  expect(rowAfterKey("ArrowDown", 2, 3, 10)).toBe(2);
  expect(rowAfterKey("k", 0, 3, 10)).toBe(0);
  expect(rowAfterKey("PageDown", 5, 100, 10)).toBe(15);
  expect(rowAfterKey("PageUp", 5, 100, 10)).toBe(0);
  expect(rowAfterKey("End", 5, 100, 10)).toBe(99);
  expect(rowAfterKey("Home", 5, 100, 10)).toBe(0);
});

test("other keys, and an empty list, lead nowhere", () => {
  expect(rowAfterKey("q", 1, 3, 10)).toBeNull();
  expect(rowAfterKey("j", 0, 0, 10)).toBeNull();
});

test("the row with the tab stop is always drawn", () => {
  expect(withRow([10, 11], 2, 20)).toEqual([2, 10, 11]);
  expect(withRow([10, 11], 11, 20)).toEqual([10, 11]);
  expect(withRow([0], 5, 1)).toEqual([0]);
});

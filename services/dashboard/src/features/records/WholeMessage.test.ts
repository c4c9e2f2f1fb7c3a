import { expect, test } from "vitest";
import { piecesOf } from "./WholeMessage";

test("pieces make up the whole body and part no surrogate pair", () => {
  expect(piecesOf("abcde", 2).map((piece) => piece.text)).toEqual(["ab", "cd", "e"]);
  expect(piecesOf("a😀b", 2).map((piece) => piece.text)).toEqual(["a", "😀", "b"]);
  expect(piecesOf("")).toEqual([]);
});

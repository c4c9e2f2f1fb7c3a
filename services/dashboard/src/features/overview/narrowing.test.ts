import { describe, expect, test } from "vitest";
import { fixedPieces, toErrorsOf, toPattern, withPattern } from "./narrowing";

describe("a template's fixed pieces", () => {
  test.each([
    ["Payment for order <*> failed", ["Payment for order", "failed"]],
    ["GET /product/SKU-<*> <*> in <*> ms", ["GET /product/SKU-", "in", "ms"]],
    ["<*>: <*>", []],
    ["<*> a <*> a <*>", ["a"]],
    ["<*> one <*> three <*> to <*> seven <*> eleven <*>", ["one", "three", "seven", "eleven"]],
    ["started", ["started"]],
  ])("%s", (template, pieces) => {
    expect(fixedPieces(template)).toEqual(pieces);
  });
});

test("a pattern narrows the filter that is there, quoted where it must be", () => {
  expect(withPattern('said "no" <*> times\n', "service = cart")).toBe(
    'service = cart AND body : "said \\"no\\"" AND body : times',
  );
  expect(withPattern("<*>", "x")).toBe("x");
});

test("a change takes the place of what was asked about services and severity, and leaves the rest", () => {
  expect(toErrorsOf("payment", "service = cart AND severity >= WARN AND timeout")).toBe(
    "timeout AND service = payment AND severity >= ERROR",
  );
  expect(toPattern("no route to <*>", "service = cart severity >= ERROR body : x")).toBe('body : "no route to"');
});

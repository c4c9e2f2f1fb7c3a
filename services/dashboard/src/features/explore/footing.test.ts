import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { SearchEnd } from "@/gen/logmesh/v1/query_service_pb";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { footing, scannedPart } from "./footing";
import { MOST_ROWS, NO_RESULTS } from "./results";

const rows = (count: number) => Array.from({ length: count }, () => create(LogRecordSchema));
const span = { start: 0n, end: 1_000n };

test("a full page says of how many, how far it came and that there is more", () => {
  const results = { ...NO_RESULTS, rows: rows(500), end: SearchEnd.PAGE_FULL, scannedFrom: 900n };
  expect(footing(results, span, 1_200_000)).toBe("500 of 1,200,000 rows · scanned 10% · page full, older rows can be loaded");
  expect(footing(results, span, null)).toBe("500 rows · scanned 10% · page full, older rows can be loaded");
});

test("only a search that went through claims everything", () => {
  const results = { ...NO_RESULTS, rows: rows(3), end: SearchEnd.EXHAUSTED, scannedFrom: 0n };
  expect(footing(results, span, 7)).toBe("3 of 3 rows · scanned 100% · everything in the range");
  const late = { ...results, end: SearchEnd.TIME_LIMIT, scannedFrom: 0n };
  expect(footing(late, span, null)).toBe("3 rows · scanned 99.9% · time ran out, there may be more");
});

test("a list that is full says so, and one that is asked says that it searches", () => {
  const full = { ...NO_RESULTS, rows: rows(MOST_ROWS), end: SearchEnd.PAGE_FULL, nextPageToken: "x" };
  expect(footing(full, span, null)).toContain("narrow the range");
  expect(footing(NO_RESULTS, span, null)).toBe("0 rows · searching…");
  expect(scannedPart(NO_RESULTS, span)).toBeNull();
});

test("a total is never said to be less than what is shown", () => {
  const results = { ...NO_RESULTS, rows: rows(2_345), end: SearchEnd.PAGE_FULL };
  expect(footing(results, span, 52_346)).toContain("2,345 of 52,346 rows");
  expect(footing(results, span, 2_340)).toMatch(/^2,345 rows/);
});

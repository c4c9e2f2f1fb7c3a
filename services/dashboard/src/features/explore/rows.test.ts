import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { jsonOf, lineOf } from "./clipboard";
import { foundRows, nextFound } from "./find";
import { pauseSeconds } from "./useRetry";
import { selectedAfter } from "./useSelection";

const records = ["Time out", "fine", "timeout"].map((body, index) => create(LogRecordSchema, { id: `${index}`, body }));

test("what is found is walked in both directions and around the ends", () => {
  const found = foundRows(records, "TIME");
  expect(found).toEqual([0, 2]);
  expect(foundRows(records, "")).toEqual([]);
  expect([nextFound(found, 0, false), nextFound(found, 2, false), nextFound(found, 0, true)]).toEqual([2, 0, 2]);
  expect(nextFound([], 0, false)).toBe(-1);
});

test("rows are selected one by one or as a stretch in either direction", () => {
  const one = selectedAfter(new Set(), records, { index: 2, active: 0, extend: false });
  expect([...one]).toEqual(["2"]);
  expect([...selectedAfter(one, records, { index: 2, active: 0, extend: false })]).toEqual([]);
  expect([...selectedAfter(new Set(), records, { index: 0, active: 1, extend: true })]).toEqual(["0", "1"]);
});

test("a copied record has its time, level and service; as JSON the API's names", () => {
  const record = create(LogRecordSchema, { id: "1", body: "a\nb", severityNumber: 17, timeUnixNano: 1_000_000_000n });
  expect(lineOf(record)).toBe("1970-01-01T00:00:01Z ERROR unknown_service a\nb");
  expect(JSON.parse(jsonOf([record]))).toMatchObject({ time: "1970-01-01T00:00:01Z", severity: "ERROR", severity_number: 17 });
});

test("pauses between tries grow up to half a minute", () => {
  expect([0, 1, 2, 3, 4, 20].map(pauseSeconds)).toEqual([2, 4, 8, 16, 30, 30]);
});

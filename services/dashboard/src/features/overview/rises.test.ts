import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PatternSchema, ServiceChangeSchema } from "@/gen/logmesh/v1/query_service_pb";
import { hasNothingBefore, newPatternsOf, rateOf } from "./rises";

test("new patterns come by severity, then by count", () => {
  const pattern = (template: string, severityNumber: number, count: bigint, isNew = true) =>
    create(PatternSchema, { template, severityNumber, count, isNew });
  const patterns = [pattern("w", 13, 90n), pattern("old", 21, 9n, false), pattern("e1", 17, 1n), pattern("e2", 17, 8n)];
  expect(newPatternsOf(patterns).map((one) => one.template)).toEqual(["e2", "e1", "w"]);
});

test("a period before without records is told", () => {
  const fresh = create(ServiceChangeSchema, { service: "cart", records: 9n });
  const old = create(ServiceChangeSchema, { service: "email", records: 9n, previousRecords: 9n });
  expect([[fresh], [fresh, old], []].map(hasNothingBefore)).toEqual([true, false, false]);
});

test("of nothing there is no rate", () => {
  expect([rateOf(1n, 4n), rateOf(0n, 0n)]).toEqual([0.25, null]);
});

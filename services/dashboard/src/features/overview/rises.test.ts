import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PatternSchema, ServiceChangeSchema } from "@/gen/logmesh/v1/query_service_pb";
import { hasNothingBefore, newPatternsOf, risesOf, silentOf } from "./rises";

const change = (service: string, previousErrors: bigint, errors: bigint, records = 1_000n) =>
  create(ServiceChangeSchema, { service, errors, previousErrors, records, previousRecords: 1_000n });

test("rises beyond chance come in order of their size", () => {
  const changes = [change("cart", 252n, 293n), change("email", 0n, 7n), change("payment", 12n, 240n), change("shipping", 90n, 10n)];
  expect(risesOf(changes).map((rise) => rise.service)).toEqual(["payment", "email"]);
  expect(risesOf([change("cart", 0n, 1n), change("cart", 0n, 0n)])).toEqual([]);
});

test("a service that fell silent is told", () => {
  expect(silentOf([change("cart", 0n, 0n), change("payment", 5n, 0n, 0n)]).map((one) => one.service)).toEqual(["payment"]);
});

test("new patterns come by severity, then by count", () => {
  const pattern = (template: string, severityNumber: number, count: bigint, isNew = true) =>
    create(PatternSchema, { template, severityNumber, count, isNew });
  const patterns = [pattern("w", 13, 90n), pattern("old", 21, 9n, false), pattern("e1", 17, 1n), pattern("e2", 17, 8n)];
  expect(newPatternsOf(patterns).map((one) => one.template)).toEqual(["e2", "e1", "w"]);
});

test("a period before without records is told", () => {
  const fresh = create(ServiceChangeSchema, { service: "cart", records: 9n });
  expect([[fresh], [fresh, change("email", 0n, 0n)], []].map(hasNothingBefore)).toEqual([true, false, false]);
});

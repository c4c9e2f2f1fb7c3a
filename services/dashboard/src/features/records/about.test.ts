import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { aboutOf } from "./about";

test("what a record says of itself is told, and what it does not say is not", () => {
  expect(aboutOf(create(LogRecordSchema, { timeUnixNano: 1n, severityNumber: 9, severityText: "Info" }), "utc")).toEqual([]);
  const record = create(LogRecordSchema, {
    timeUnixNano: 1_000_000_000n,
    observedTimeUnixNano: 3_500_000_000n,
    severityNumber: 10,
    severityText: "notice",
    eventName: "order.placed",
    flags: 1,
    scope: { name: "shop.orders", version: "2.1", droppedAttributesCount: 1 },
    resource: { schemaUrl: "https://example.com/schema" },
    droppedAttributesCount: 2,
  });
  expect(aboutOf(record, "utc")).toEqual([
    ["observed", "1970-01-01 00:00:03.500 (2.5 s later)"],
    ["level", "notice"],
    ["event", "order.placed"],
    ["logger", "shop.orders 2.1"],
    ["trace flags", "01"],
    ["schema", "https://example.com/schema"],
    ["left out", "3 attributes, before it came"],
  ]);
});

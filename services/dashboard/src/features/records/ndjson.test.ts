import { expect, test } from "vitest";
import { log } from "@/features/trace/testing";
import { ndjsonOf } from "./ndjson";

test("a record is one line with the fields of the gateway's export, and what it lacks is left out", () => {
  const lines = ndjsonOf([log({ at: 1, body: "two\nlines", span: 3, severity: 18 }), log({ at: 2, severity: 0 })]).split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[0]!)).toEqual({
    id: "web-1-18-1",
    time: "2023-11-14T22:13:20.001Z",
    severity: "ERROR",
    severity_number: 18,
    service: "web",
    body: "two\nlines",
    trace_id: "00000000000000000000000000000001",
    span_id: "0000000000000003",
  });
  expect(JSON.parse(lines[1]!)).not.toHaveProperty("severity");
});

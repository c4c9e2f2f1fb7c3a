import { expect, test } from "vitest";
import { recentTraces } from "./recent";
import { log } from "./testing";

test("traces with errors come first, then the newest; each tells its first error and its services", () => {
  const failed = [
    log({ trace: 1, at: 0, service: "web", severity: 9, body: "in" }),
    log({ trace: 1, at: 5, service: "cart", severity: 17, body: "first" }),
    log({ trace: 1, at: 9, service: "web", severity: 17, body: "second" }),
  ];
  const fine = [log({ trace: 2, at: 20, body: "ok" }), log({ trace: 3, at: 30, body: "newer" })];
  const found = recentTraces([...fine, ...failed.toReversed(), failed[1]!]);
  expect(found.map(({ line, errors }) => [line.body, errors])).toEqual([
    ["first", 2],
    ["newer", 0],
    ["ok", 0],
  ]);
  expect(found[0]!.services).toEqual(["web", "cart"]);
});

test("a log without a trace is none", () => {
  const record = log({ at: 0 });
  record.traceId = new Uint8Array();
  expect(recentTraces([record])).toEqual([]);
});

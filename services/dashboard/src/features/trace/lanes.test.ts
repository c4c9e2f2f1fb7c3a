import { expect, test } from "vitest";
import { axisOf } from "./axis";
import { lanesOf } from "./lanes";
import { log, type LogSketch } from "./testing";
import { entriesOf } from "./trace";

function lanes(...sketches: LogSketch[]) {
  const entries = entriesOf(sketches.map(log));
  return lanesOf(entries, axisOf(entries.map(({ offset }) => offset)));
}

test("each service has a lane, in the order in which they first wrote", () => {
  const found = lanes({ at: 5, service: "cart" }, { at: 0, service: "web" }, { at: 9, service: "web", severity: 17 });
  expect(found.map(({ service, logs, errors }) => [service, logs, errors])).toEqual([
    ["web", 2, 1],
    ["cart", 1, 0],
  ]);
  expect(found[0]!.marks.map(({ position, level }) => [position, level.name])).toEqual([
    [0, "INFO"],
    [1, "ERROR"],
  ]);
});

test("spans that overlap have rows of their own, and those that follow share one", () => {
  const [lane] = lanes({ at: 0, span: 1 }, { at: 2, span: 2 }, { at: 4, span: 1 }, { at: 6, span: 2 }, { at: 10, span: 3 });
  expect(lane!.rows).toBe(2);
  expect(lane!.bars.map(({ row, left, right }) => [row, left, right])).toEqual([
    [0, 0, 0.4],
    [1, 0.2, 0.6],
    [0, 1, 1],
  ]);
});

test("logs too close to be told apart are one mark with the look of the worst", () => {
  const [lane] = lanes({ at: 0 }, { at: 300 }, { at: 301, severity: 17 }, { at: 302 }, { at: 600 }, { at: 1000 });
  expect(lane!.marks.map(({ level, entries }) => [level.name, entries.length])).toEqual([
    ["INFO", 1],
    ["ERROR", 3],
    ["INFO", 1],
    ["INFO", 1],
  ]);
});

test("a thousand spans at once don't make a lane of a thousand rows", () => {
  const sketches = Array.from({ length: 200 }, (_, span) => ({ at: span % 7, span: span + 1 }));
  expect(lanes(...sketches)[0]!.rows).toBe(5);
});

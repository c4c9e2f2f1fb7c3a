import { expect, test } from "vitest";
import { shownOf } from "./shown";
import { log } from "./testing";
import { entriesOf } from "./trace";

const ENTRIES = entriesOf([
  log({ at: 0, service: "web", body: "GET /cart" }),
  log({ at: 10, service: "cart", severity: 13, body: "slow" }),
  log({ at: 20, service: "cart", severity: 21, body: "Gone" }),
]);
const ALL = { find: "", service: "", level: "" };
const bodies = (choice: Partial<typeof ALL>) => shownOf(ENTRIES, { ...ALL, ...choice }).map(({ entry }) => entry.record.body);

test("a text is found in capitals or not, and a level stands for those above it", () => {
  expect(bodies({})).toEqual(["GET /cart", "slow", "Gone"]);
  expect(bodies({ find: "gone" })).toEqual(["Gone"]);
  expect(bodies({ level: "WARN" })).toEqual(["slow", "Gone"]);
  expect(bodies({ service: "cart", level: "ERROR" })).toEqual(["Gone"]);
});

test("a gap is counted from the log that is shown before", () => {
  const millis = shownOf(ENTRIES, { ...ALL, find: "o" }).map(({ gap }) => gap / 1_000_000n);
  expect(millis).toEqual([0n, 10n]);
  expect(shownOf(ENTRIES, ALL)[0]!.gap).toBe(0n);
});

import { expect, test } from "vitest";
import { momentAt, rounded } from "./calendar";
import { parseMoment, toRfc3339 } from "./time";

const NOW = parseMoment("2026-11-26T10:17:42.5Z", 0n)!;

test("moments are rounded to the beginning of their minute, hour, day and week, or of the next", () => {
  const both = (unit: "m" | "h" | "d" | "w") => [toRfc3339(rounded(NOW, unit, "utc", false)), toRfc3339(rounded(NOW, unit, "utc", true))];
  expect(both("m")).toEqual(["2026-11-26T10:17:00Z", "2026-11-26T10:18:00Z"]);
  expect(both("h")).toEqual(["2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z"]);
  expect(both("d")).toEqual(["2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"]);
  expect(both("w")).toEqual(["2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"]);
});

test("a day that the calendar has not is none", () => {
  expect(momentAt({ year: 2026, month: 2, day: 29 }, "utc")).toBeNull();
  expect(momentAt({ year: 2028, month: 2, day: 29 }, "utc")).not.toBeNull();
  expect(momentAt({ year: 2026, month: 13, day: 1 }, "utc")).toBeNull();
});

import { expect, test } from "vitest";
import { hopsOf, reasonsOf, tracksOf } from "./hops";
import { processor, silentProcessor, summary } from "./testing";

const balanced = ({ in: all, out, buffered, rejected, lost, unaccounted }: ReturnType<typeof hopsOf>[number]) =>
  all === out + buffered + rejected + lost + unaccounted;

test("what went in is somewhere", () => {
  const whole = summary({ committedBatches: 139, lostBatches: 5, unaccountedBatches: 6, stored: 1_400, deadLetters: 3 });
  const hops = hopsOf([processor({ unwrittenBatches: 4 })], whole);
  expect(hops).toMatchObject([
    { in: 150, out: 143, lost: 5, unaccounted: 2 },
    { in: 143, out: 139, buffered: 4 },
    { in: 1403, out: 1400, rejected: 3 },
  ]);
  expect(hops.every(balanced)).toBe(true);
});

test("batches above the last that is stored are buffered, not missing", () => {
  const hops = hopsOf([processor({ unwrittenBatches: 4 })], summary());
  expect(hops[0]).toMatchObject({ in: 104, out: 104, unaccounted: 0 });
  expect(hops.every(balanced)).toBe(true);
});

test("streams are split by track, and who is away has none", () => {
  const processors = [
    processor({ streams: 3 }),
    processor({ streams: 4 }),
    processor({ streams: 1, track: "canary" }),
    silentProcessor("127.0.0.5:4317"),
  ];
  expect(tracksOf(processors)).toEqual([
    { track: "stable", processors: 2, streams: 7, part: 0.875 },
    { track: "canary", processors: 1, streams: 1, part: 0.125 },
  ]);
  expect(tracksOf([processor({ streams: 0 })])).toMatchObject([{ part: 0 }]);
});

test("reasons are summed over processors, the most frequent first", () => {
  const processors = [
    processor({ rejected: { "bad JSON": 2, "too large": 3 } }),
    processor({ rejected: { "bad JSON": 4 } }),
  ];
  expect(reasonsOf(processors)).toEqual([
    { reason: "bad JSON", records: 6 },
    { reason: "too large", records: 3 },
  ]);
  expect(hopsOf(processors, summary()).map(({ reasons }) => reasons.length)).toEqual([0, 0, 2]);
});

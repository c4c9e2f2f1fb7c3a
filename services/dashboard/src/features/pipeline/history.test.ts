import { expect, test } from "vitest";
import { type History, rateOf, remember, secondsToFull, since, storedOf, writeRate } from "./history";
import { type Answers, NOON, processor, producer, silentProcessor, snapshot } from "./testing";

const GONE = { failed: "fetch failed", denied: false };

/** The history after polls at these seconds. */
function historyOf(...polls: [seconds: number, answers: Answers][]): History {
  return polls.reduce<History | null>((before, [seconds, answers]) => remember(before, snapshot(seconds, answers)), null)!;
}

test("a question that is not answered keeps its last answer, and says from when it is", () => {
  const history = historyOf([0, {}], [2, { producers: GONE }]);
  expect(history.producers).toHaveLength(1);
  expect(history.answered).toEqual({ ledger: NOON, processors: NOON + 2000, summary: NOON + 2000 });
  expect(history.samples).toHaveLength(1);
});

test("figures older than five minutes are let go", () => {
  const history = historyOf([0, {}], [100, {}], [301, {}]);
  expect(history.samples.map(({ at }) => at)).toEqual([NOON + 100_000, NOON + 301_000]);
  expect(history.from).toBe(NOON);
  expect(since(history.samples, 60)).toHaveLength(1);
});

test("a rate is the change a second between the first and the last that hold the figure", () => {
  const { samples } = historyOf([0, { producers: [producer({ stored: 100 })] }], [4, { producers: [producer({ stored: 500 })] }]);
  expect(rateOf(samples, storedOf)).toBe(100);
  expect(rateOf(samples.slice(0, 1), storedOf)).toBeNull();
  expect(rateOf(samples, () => undefined)).toBeNull();
});

test("a processor's write rate is not known just after it started anew", () => {
  const written = (...counts: number[]) =>
    historyOf(...counts.map((stored, index): [number, Answers] => [index * 2, { processors: [processor({ stored })] }])).samples;
  expect(writeRate(written(100, 300, 500), "log-processor-0")).toBe(100);
  expect(writeRate(written(500, 10), "log-processor-0")).toBeNull();
});

test("a processor that does not answer has no figures, and is remembered", () => {
  const history = historyOf([0, {}], [2, { processors: [silentProcessor("log-processor-0")] }]);
  expect(history.samples.at(-1)?.walFill.size).toBe(0);
  expect(history.seen.get("log-processor-0")).toMatchObject({ at: NOON, state: { streams: 1 } });
});

test("a processor that is not listed any more is missed for a quarter of an hour, and one that is listed for good", () => {
  const other = processor({ name: "log-processor-1" });
  const missed = (seconds: number, processors: Answers["processors"]) =>
    historyOf([0, { processors: [processor(), other] }], [seconds, { processors }]).seen.has("log-processor-0");
  expect(missed(899, [other])).toBe(true);
  expect(missed(900, [other])).toBe(false);
  expect(missed(900, [silentProcessor("log-processor-0"), other])).toBe(true);
});

test("time to full needs a trend", () => {
  const filled = (...fills: number[]) =>
    historyOf(...fills.map((walFill, index): [number, Answers] => [index * 2, { processors: [processor({ walFill })] }])).samples;
  expect(secondsToFull(filled(0.2, 0.3, 0.4), "log-processor-0")).toBeCloseTo(12);
  expect(secondsToFull(filled(0.2, 0.2, 0.4), "log-processor-0")).toBeNull();
  expect(secondsToFull(filled(0.2, 0.5, 0.4), "log-processor-0")).toBeNull();
  expect(secondsToFull([], "log-processor-0")).toBeNull();
});

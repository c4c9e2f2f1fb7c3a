import { expect, test } from "vitest";
import { Lane } from "./lane";
import { readMessage } from "./message";
import type { Row } from "./protocol";
import { frameOf, recordBytes, recordsFrom, responseBytes } from "./testing";

const NOW = 1_800_000_000_000;
const NEWEST = { from: null, count: 100 };

const texts = (rows: Row[] | null) => rows?.map((row) => row.record?.body ?? `[${row.mark?.kind} ${row.mark?.dropped}]`);
const bytesOf = (from: number, to: number) => recordsFrom(from, to).map(recordBytes);
const keyOf = (rows: Row[] | null, kind: string) => rows!.find((row) => row.mark?.kind === kind)!.mark!.key;

test("shows the newest lines, and says when they are the same as before", () => {
  const lane = new Lane(NOW);
  lane.take(frameOf(recordsFrom(0, 3)), NOW);
  const view = lane.view({ from: null, count: 2 });
  expect(texts(view.rows)).toEqual(["line 1", "line 2"]);
  expect(view).toMatchObject({ first: 0, end: 4, skipped: 0 });
  expect(lane.view({ from: null, count: 2 }).rows).toBeNull();
  lane.take(frameOf(recordsFrom(3, 4)), NOW);
  expect(texts(lane.view({ from: null, count: 2 }).rows)).toEqual(["line 2", "line 3"]);
});

test("keeps what is read, and says how much it had no room for", () => {
  const lane = new Lane(NOW, 10);
  lane.take(frameOf(recordsFrom(0, 5)), NOW);
  expect(texts(lane.view({ from: 2, count: 2 }).rows)).toEqual(["line 1", "line 2"]);
  lane.take(frameOf(recordsFrom(5, 30)), NOW + 1_000);
  const reading = lane.view({ from: 2, count: 2 });
  expect(reading).toMatchObject({ rows: null, first: 0, end: 10, skipped: 21 });
  const live = lane.view(NEWEST);
  expect(texts(live.rows)?.at(-1)).toBe("[paused 21]");
  lane.take(frameOf(recordsFrom(30, 31)), NOW + 2_000);
  expect(texts(lane.view({ from: null, count: 2 }).rows)).toEqual(["[paused 21]", "line 30"]);
});

test("a gap's records come from the store into its place, and none twice", () => {
  const lane = new Lane(NOW);
  lane.take(frameOf(recordsFrom(0, 2)), NOW);
  lane.take(readMessage(responseBytes({ message: { case: "gap", value: { reason: 1, dropped: 3n } } })), NOW);
  lane.take(frameOf(recordsFrom(5, 7)), NOW);
  const { rows } = lane.view(NEWEST);
  expect(texts(rows)?.slice(1)).toEqual(["line 0", "line 1", "[slow 3]", "line 5", "line 6"]);
  const key = keyOf(rows, "slow");
  // The store has one of them only: the others are not written yet.
  lane.restore({ key, records: bytesOf(1, 3), nextPageToken: "" }, NOW);
  expect(texts(lane.view(NEWEST).rows)?.slice(1)).toEqual(["line 0", "line 1", "[slow 2]", "line 2", "line 5", "line 6"]);
  lane.restore({ key, records: bytesOf(2, 6), nextPageToken: "" }, NOW);
  expect(texts(lane.view(NEWEST).rows)?.slice(1)).toEqual(["line 0", "line 1", "line 3", "line 4", "line 2", "line 5", "line 6"]);
});

test("lines from before the tail come a page at a time, and what the tail brings of them later is left out", () => {
  const lane = new Lane(NOW);
  lane.take(frameOf(recordsFrom(10, 11)), NOW);
  const key = keyOf(lane.view(NEWEST).rows, "earlier");
  lane.restore({ key, records: bytesOf(8, 11), nextPageToken: "more" }, NOW);
  const { rows } = lane.view(NEWEST);
  expect(texts(rows)).toEqual(["[earlier 0]", "line 8", "line 9", "line 10"]);
  expect(rows?.[0]?.mark?.pageToken).toBe("more");
  lane.take(frameOf(recordsFrom(9, 12)), NOW);
  lane.restore({ key, records: [], nextPageToken: "" }, NOW);
  expect(texts(lane.view(NEWEST).rows)).toEqual(["line 8", "line 9", "line 10", "line 11"]);
  expect(lane.figures(NOW).repeated).toBe(2);
});

test("a reconnection leaves a mark, counts on, and shows nothing twice", () => {
  const lane = new Lane(NOW);
  const counters = { received: 10n, sent: 2n, dropped: 1n };
  lane.take(readMessage(responseBytes({ message: { case: "frame", value: { records: recordsFrom(0, 2) } }, counters })), NOW);
  lane.resume({ brokenMillis: NOW, whole: true, rested: false }, NOW + 5_000);
  lane.take(frameOf(recordsFrom(1, 3), true), NOW + 5_000);
  lane.take(readMessage(responseBytes({ message: { case: "heartbeat", value: {} }, counters })), NOW + 5_000);
  expect(texts(lane.view(NEWEST).rows)?.slice(1)).toEqual(["line 0", "line 1", "[reconnected 0]", "line 2"]);
  expect(lane.figures(NOW + 5_000)).toMatchObject({ repeated: 1, counters: { received: 20, sent: 4, dropped: 2 } });
});

test("a rest is no break, unless something is missing", () => {
  const lane = new Lane(NOW);
  lane.take(frameOf(recordsFrom(0, 1)), NOW);
  lane.resume({ brokenMillis: NOW, whole: true, rested: true }, NOW + 600_000);
  lane.take(frameOf(recordsFrom(0, 2), true), NOW + 600_000);
  expect(texts(lane.view(NEWEST).rows)?.slice(1)).toEqual(["line 0", "line 1"]);
  lane.resume({ brokenMillis: NOW, whole: false, rested: true }, NOW + 900_000);
  expect(texts(lane.view(NEWEST).rows)?.at(-1)).toBe("[lost 0]");
});

test("a record that can't be read breaks its own row alone", () => {
  const lane = new Lane(NOW);
  const [good] = frameOf(recordsFrom(0, 1)).entries;
  const bad = { bytes: Uint8Array.of(10, 200, 1), start: 0, end: 3, severity: 17 };
  lane.take({ ...frameOf([]), entries: [bad, good!] }, NOW);
  expect(texts(lane.view(NEWEST).rows)?.slice(1)).toEqual(["This record can't be read.", "line 0"]);
});

test("patterns are made of one line in so many when they come fast", () => {
  const lane = new Lane(NOW);
  for (let second = 0; second < 3; second += 1) lane.take(frameOf(recordsFrom(0, 10_000)), NOW + second * 1_000);
  expect(lane.figures(NOW).sampled).toBe(10_000 + 2 * 2_000);
  expect(lane.figures(NOW)).toMatchObject({ held: 30_001, only: [] });
});

test("a record is given as it came", () => {
  const lane = new Lane(NOW);
  lane.take(frameOf(recordsFrom(0, 2)), NOW);
  expect(lane.record(2)).toEqual(bytesOf(1, 2)[0]);
  expect([lane.record(0), lane.record(9)]).toEqual([null, null]);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fromBinary } from "@bufbuild/protobuf";
import { TailRequestSchema } from "@/gen/logmesh/v1/tail_service_pb";
import { backoffMillis, type Call, Following, type Listener, SILENCE_MILLIS } from "./connection";
import { StatusError } from "./grpcWeb";
import type { Connection } from "./protocol";
import { responseBytes } from "./testing";

const heartbeat = (resumeToken: string) => responseBytes({ message: { case: "heartbeat", value: {} }, resumeToken });

/** A gateway that answers each call by the next of `answers`: messages, then an error, or silence where it is null. */
function gateway(...answers: { says?: Uint8Array[]; ends?: StatusError | null }[]) {
  const requests: { filter: string; resumeToken: string }[] = [];
  const call: Call = async function* (request, signal) {
    const { filter, resumeToken } = fromBinary(TailRequestSchema, request);
    const { says = [], ends = null } = answers[requests.length] ?? {};
    requests.push({ filter, resumeToken });
    yield* says;
    if (ends) throw ends;
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  };
  return { call, requests };
}

function follow(call: Call) {
  const states: Connection[] = [];
  const listener: Listener = { onMessage: vi.fn(), onConnection: (state) => states.push(state), onResumed: vi.fn() };
  const following = new Following(call, "service = a", listener);
  const stop = new AbortController();
  void following.run(stop.signal);
  return { following, states, listener, stop };
}

const away = new StatusError(14, "stopping");

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("goes on from the last token after a break, and says that nothing is missing", async () => {
  const { call, requests } = gateway({ says: [heartbeat("one"), heartbeat("two")], ends: away }, { says: [heartbeat("three")] });
  const { states, listener, stop } = follow(call);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(states.map(({ state }) => state)).toEqual(["connecting", "live", "away", "live"]);
  expect(requests).toEqual([
    { filter: "service = a", resumeToken: "" },
    { filter: "service = a", resumeToken: "two" },
  ]);
  expect(listener.onResumed).toHaveBeenCalledExactlyOnceWith({ brokenMillis: expect.any(Number), whole: true, rested: false });
  expect(listener.onMessage).toHaveBeenCalledTimes(3);
  stop.abort();
});

test("reads nothing while it rests, and goes on from its token", async () => {
  const { call, requests } = gateway({ says: [heartbeat("one")] }, { says: [heartbeat("two")] });
  const { following, states, listener, stop } = follow(call);
  await vi.advanceTimersByTimeAsync(1_000);
  following.rest();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(states.map(({ state }) => state)).toEqual(["connecting", "live", "resting"]);
  expect(requests).toHaveLength(1);
  following.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(states.at(-1)).toEqual({ state: "live" });
  expect(requests.map(({ resumeToken }) => resumeToken)).toEqual(["", "one"]);
  expect(listener.onResumed).toHaveBeenCalledExactlyOnceWith({ brokenMillis: expect.any(Number), whole: true, rested: true });
  // A glance away and back is no break either.
  following.rest();
  following.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(states.filter(({ state }) => state === "away")).toEqual([]);
  expect(requests.at(-1)?.resumeToken).toBe("two");
  stop.abort();
});

test("takes silence for a break", async () => {
  const { call, requests } = gateway({ says: [heartbeat("one")] }, { says: [heartbeat("two")] });
  const { states, stop } = follow(call);
  await vi.advanceTimersByTimeAsync(SILENCE_MILLIS - 1);
  expect(states.at(-1)).toEqual({ state: "live" });
  await vi.advanceTimersByTimeAsync(1_001);
  expect(states.find(({ state }) => state === "away")).toMatchObject({ code: 14, message: "nothing was heard for 15 s" });
  expect(requests).toHaveLength(2);
  stop.abort();
});

test("begins anew when its token is refused, and says that something may be missing", async () => {
  const refused = { ends: new StatusError(3, "resume_token is not one of ours") };
  const { call, requests } = gateway({ says: [heartbeat("one")], ends: away }, refused, { says: [heartbeat("two")] });
  const { listener, stop } = follow(call);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(requests.map(({ resumeToken }) => resumeToken)).toEqual(["", "one", ""]);
  expect(listener.onResumed).toHaveBeenCalledExactlyOnceWith({ brokenMillis: expect.any(Number), whole: false, rested: false });
  stop.abort();
});

test("gives up where asking again would not help", async () => {
  const { call, requests } = gateway({ ends: new StatusError(3, "expected a field at character 1") });
  const { states } = follow(call);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states.at(-1)).toEqual({ state: "refused", code: 3, message: "expected a field at character 1" });
  expect(requests).toHaveLength(1);
});

test("waits longer each time, at random, and no longer than is asked for", async () => {
  expect([0, 1, 2, 10].map((attempt) => backoffMillis(attempt, 1))).toEqual([500, 1_000, 2_000, 15_000]);
  expect(backoffMillis(5, 0)).toBe(0);
  vi.spyOn(Math, "random").mockReturnValue(1);
  const { call, requests } = gateway(...Array.from({ length: 5 }, () => ({ ends: away })));
  const { following, states, stop } = follow(call);
  await vi.advanceTimersByTimeAsync(500 + 1_000);
  expect(requests).toHaveLength(3);
  const last = states.at(-1)!;
  expect(last.state === "away" && last.retryAtMillis - Date.now()).toBe(2_000);
  following.retryNow();
  await vi.advanceTimersByTimeAsync(0);
  expect(requests).toHaveLength(4);
  stop.abort();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(requests).toHaveLength(4);
});

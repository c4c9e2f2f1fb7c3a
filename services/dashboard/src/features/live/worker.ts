/** The tails' own thread: calls, decodes, keeps. See `protocol.ts` for what it is told and says. */

import { nowMillis, skewMillis } from "@/lib/clock";
import { type Call, Following } from "./connection";
import { callStream } from "./grpcWeb";
import { Lane } from "./lane";
import type { FromWorker, ToWorker } from "./protocol";

const FIGURES_MILLIS = 500;

interface Followed {
  lane: Lane;
  following: Following;
}

let followed: Followed[] = [];

function say(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function start(filters: readonly string[], token: string): void {
  const call: Call = (request, signal) => callStream("/logmesh.v1.TailService/Tail", request, token, signal);
  followed = filters.map((filter, index) => {
    const lane = new Lane(nowMillis());
    const following = new Following(call, filter, {
      onMessage: (message) => lane.take(message, nowMillis()),
      onConnection: (connection) => say({ kind: "connection", lane: index, connection }),
      onResumed: (resumed) => lane.resume({ ...resumed, brokenMillis: resumed.brokenMillis + skewMillis() }, nowMillis()),
    });
    return { lane, following };
  });
  for (const { following } of followed) void following.run(new AbortController().signal);
  setInterval(sayFigures, FIGURES_MILLIS);
}

function sayFigures(): void {
  const [one, other] = followed;
  const now = nowMillis();
  const lanes = followed.map(({ lane }) => lane.figures(now, lane === one?.lane ? other?.lane : one?.lane));
  say({ kind: "figures", lanes });
}

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case "start":
      start(data.filters, data.token);
      break;
    case "ask":
      say({ kind: "view", lanes: followed.map(({ lane }, index) => lane.view(data.windows[index] ?? { from: null, count: 0 })) });
      break;
    case "open": {
      const bytes = followed[data.lane]?.lane.record(data.seq) ?? null;
      say({ kind: "record", lane: data.lane, seq: data.seq, bytes }, bytes ? [bytes.buffer] : []);
      break;
    }
    case "restore":
      followed[data.lane]?.lane.restore(data, nowMillis());
      break;
    case "retry":
      for (const { following } of followed) following.retryNow();
      break;
    case "rest":
      for (const { following } of followed) following.rest();
      break;
    case "wake":
      for (const { following } of followed) following.wake();
      break;
  }
});

/** A server stream as React state: each message goes through a reducer, and leaving or new keys end the call. */

import { useEffect, useReducer, useRef, useState } from "react";
import { type Failure, failureOf } from "./failure";

export type StreamStatus = "streaming" | "done" | "failed";

export interface Stream<State> {
  state: State;
  status: StreamStatus;
  failure: Failure | null;
  /** Ask again; what is there stays until the first message, and for good when none comes. */
  retry: () => void;
}

interface Held<State> {
  state: State;
  status: StreamStatus;
  failure: Failure | null;
}

/**
 * Runs `start` whenever `key` changes. Messages that arrive together are reduced together, so that a page is drawn once a
 * frame and not once a message. A message that changes nothing is no answer yet; and a call that fails with nothing to show for
 * it, as `isEmpty` says, leaves what was there before it.
 */
export function useStream<Message, State>(
  key: string,
  start: (signal: AbortSignal) => AsyncIterable<Message>,
  reduce: (state: State, message: Message) => State,
  initial: State,
  isEmpty: (state: State) => boolean = () => false,
): Stream<State> {
  const [held, set] = useState<Held<State>>({ state: initial, status: "streaming", failure: null });
  const kept = useRef(initial);
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    const controller = new AbortController();
    let state = initial;
    let answered = false;
    let frame = 0;
    const show = (status: StreamStatus, failure: Failure | null) => {
      cancelAnimationFrame(frame);
      frame = 0;
      if (controller.signal.aborted) return;
      const shown = status === "failed" && isEmpty(state) ? kept.current : state;
      if (status === "done" || !isEmpty(state)) kept.current = state;
      set((before) => ({ state: answered ? shown : before.state, status, failure }));
    };
    set((before) => ({ ...before, status: "streaming", failure: null }));
    void (async () => {
      try {
        for await (const message of start(controller.signal)) {
          const next = reduce(state, message);
          if (next === state) continue;
          state = next;
          answered = true;
          frame ||= requestAnimationFrame(() => show("streaming", null));
        }
        answered = true;
        show("done", null);
      } catch (error) {
        const failure = failureOf(error);
        if (failure) show("failed", failure);
      }
    })();
    return () => {
      cancelAnimationFrame(frame);
      controller.abort();
    };
    // `start`, `reduce`, `initial` and `isEmpty` belong to `key`: a caller that changes them changes it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [key, attempt]);

  return { ...held, retry };
}

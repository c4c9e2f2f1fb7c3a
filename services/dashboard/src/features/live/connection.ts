/** Keeps a tail connected: goes on from its resume token after whatever happens, and says how things stand. */

import { StatusError } from "./grpcWeb";
import { readMessage, type TailMessage, writeRequest } from "./message";
import type { Connection } from "./protocol";

/** A gateway says something every 5 s; after three times as long without a word the connection is dead. */
export const SILENCE_MILLIS = 15_000;
const FIRST_BACKOFF_MILLIS = 500;
const MAX_BACKOFF_MILLIS = 15_000;
/** A connection that held so long was a good one: the next attempt after it comes soon. */
const GOOD_MILLIS = 10_000;

const INVALID_ARGUMENT = 3;
const UNAVAILABLE = 14;
/** INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED. */
const FINAL = new Set([INVALID_ARGUMENT, 7, 12, 16]);

/** A call of TailService.Tail: a request's bytes, and those of each message of the answer. */
export type Call = (request: Uint8Array, signal: AbortSignal) => AsyncIterable<Uint8Array>;

export interface Listener {
  onMessage: (message: TailMessage) => void;
  onConnection: (connection: Connection) => void;
  /** The first message after a break has come, and before it is taken. */
  onResumed: (resumed: Resumed) => void;
}

export interface Resumed {
  /** When it was heard of last before the break. */
  brokenMillis: number;
  /** Whether nothing is missing since. */
  whole: boolean;
  /** Whether the break was meant: nobody was looking. */
  rested: boolean;
}

/** How long to wait before the next attempt, the first being 0: anything up to a bound that doubles, so that all don't come at once. */
export function backoffMillis(attempt: number, random = Math.random()): number {
  return random * Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS * 2 ** attempt);
}

/** One tail. `run` ends when the signal says so or when asking again would not help. */
export class Following {
  #token = "";
  #attempt = 0;
  /** Since when nothing was heard; null while it is connected or never was. */
  #brokenMillis: number | null = null;
  #heardMillis: number | null = null;
  #whole = true;
  #isResting = false;
  /** Whether it was this end that broke the connection, to rest. */
  #isHungUp = false;
  #rested = false;
  #wake: () => void = () => undefined;
  #hangUp: () => void = () => undefined;

  constructor(
    private readonly call: Call,
    private readonly filter: string,
    private readonly listener: Listener,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    this.listener.onConnection({ state: "connecting" });
    while (!signal.aborted) {
      if (this.#isResting) {
        this.listener.onConnection({ state: "resting" });
        await this.#sleep(null, signal);
        continue;
      }
      const began = Date.now();
      const { code, message } = await this.#follow(signal);
      if (signal.aborted) return;
      this.#brokenMillis ??= this.#heardMillis;
      if (this.#isHungUp) continue;
      if (code === INVALID_ARGUMENT && this.#token) {
        // The token may be the reason: without it the tail begins anew, and says what that leaves out.
        this.#token = "";
        this.#whole = false;
        continue;
      }
      if (FINAL.has(code)) {
        this.listener.onConnection({ state: "refused", code, message });
        return;
      }
      if (Date.now() - began > GOOD_MILLIS) this.#attempt = 0;
      const wait = backoffMillis(this.#attempt++);
      const retryAtMillis = Date.now() + wait;
      const sinceMillis = this.#brokenMillis ?? began;
      this.listener.onConnection({ state: "away", sinceMillis, retryAtMillis, code, message });
      await this.#sleep(wait, signal);
    }
  }

  /** Don't wait any longer for the next attempt. */
  retryNow(): void {
    if (!this.#isResting) this.#wake();
  }

  /** Read no more until `wake`: what comes meanwhile stays where it is stored. */
  rest(): void {
    this.#isResting = true;
    this.#isHungUp = true;
    this.#rested = true;
    this.#hangUp();
    this.#wake();
  }

  /** Go on from where it rested. */
  wake(): void {
    this.#isResting = false;
    this.#wake();
  }

  /** One connection, from its call to how it ended. */
  async #follow(signal: AbortSignal): Promise<StatusError> {
    const connection = new AbortController();
    this.#isHungUp = false;
    const end = () => connection.abort();
    this.#hangUp = end;
    signal.addEventListener("abort", end);
    const silent = new StatusError(UNAVAILABLE, `nothing was heard for ${SILENCE_MILLIS / 1000} s`);
    let watchdog = setTimeout(() => connection.abort(silent), SILENCE_MILLIS);
    try {
      for await (const bytes of this.call(writeRequest(this.filter, this.#token), connection.signal)) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => connection.abort(silent), SILENCE_MILLIS);
        this.#take(readMessage(bytes));
      }
      return new StatusError(UNAVAILABLE, "the gateway ended the tail");
    } catch (error) {
      if (connection.signal.reason === silent) return silent;
      return error instanceof StatusError ? error : new StatusError(UNAVAILABLE, "the gateway does not answer");
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", end);
    }
  }

  #take(message: TailMessage): void {
    if (this.#heardMillis === null || this.#brokenMillis !== null) this.listener.onConnection({ state: "live" });
    if (this.#brokenMillis !== null) {
      this.listener.onResumed({ brokenMillis: this.#brokenMillis, whole: this.#whole, rested: this.#rested });
      this.#brokenMillis = null;
      this.#whole = true;
    }
    this.#rested = false;
    this.#heardMillis = Date.now();
    if (message.resumeToken) this.#token = message.resumeToken;
    this.listener.onMessage(message);
  }

  /** Until `#wake`, or for so long. */
  #sleep(millis: number | null, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = millis === null ? undefined : setTimeout(done, millis);
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }
}

/**
 * What page and worker say to each other: plain objects, small enough to be copied.
 *
 *     page ── start, ask (once a frame), open, restore, retry, rest, wake ──► worker ──► gateway
 *          ◄── connection, figures (twice a second), view, record ──
 *
 * Lanes are named by their index in `Start`. Moments are nanoseconds since 1970 as bigint, or milliseconds where the name says so.
 */

import type { Content, Counters } from "./message";
import type { PatternCount } from "./patterns";

/** Why lines are missing in front of the reader, or what else happened between two lines. */
export type MarkKind =
  /** The beginning of the tail; what was before is in the store. */
  | "earlier"
  /** The gateway left lines out because this page read too slowly. */
  | "slow"
  /** A processor could not be reached. */
  | "away"
  /** The page was paused so long that its memory was full. */
  | "paused"
  /** The gateway no longer knew where the tail stood. */
  | "lost"
  /** The store is another one than before. */
  | "replaced"
  /** The connection broke and went on where it was: nothing is missing. */
  | "reconnected";

/** A row between lines. */
export interface Mark {
  /** Tells marks of a lane apart. */
  key: number;
  kind: MarkKind;
  /** How many lines are missing. 0 means unknown, or none. */
  dropped: number;
  /** They are from here on, and before there. */
  startUnixNano: bigint;
  endUnixNano: bigint;
  /** The processor that was away, or empty. */
  processor: string;
  /** Where the store's answer goes on; empty: at the beginning. */
  pageToken: string;
  /** Whether the store was asked and had nothing more. */
  tried: boolean;
}

/** A row of a lane: a record or a mark. */
export type Row = { seq: number } & ({ record: Content; mark?: undefined } | { mark: Mark; record?: undefined });

/** How a lane is connected. Codes are gRPC's. */
export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** Nobody looks: it goes on from where it was when somebody does. */
  | { state: "resting" }
  /** Broken off; the next attempt is at `retryAtMillis`. */
  | { state: "away"; sinceMillis: number; retryAtMillis: number; code: number; message: string }
  /** Asking again would not help. */
  | { state: "refused"; code: number; message: string };

/** Records by level, most severe first, in each of the last seconds; the last one is the newest. */
export interface Rates {
  /** Seconds since 1970 of the last column. */
  endSecond: number;
  /** One list a second, one count a level in the order of LEVELS. */
  seconds: number[][];
}

/** What is known of a lane, as of now. */
export interface Figures {
  counters: Counters;
  /** Lines in memory, and their bytes. */
  held: number;
  heldBytes: number;
  /** Lines that patterns were made of. */
  sampled: number;
  /** Lines that came a second time and were left out. */
  repeated: number;
  /** Between a line's own time and its arrival; null before the first. */
  lagMillis: number | null;
  rates: Rates;
  /** The most frequent patterns that only this lane has; empty with one lane. */
  only: PatternCount[];
}

/** What a lane shows. */
export interface View {
  /** Sequence numbers of the oldest line held, and the one after the newest. */
  first: number;
  end: number;
  /** Lines that came while the page was paused and memory was full. */
  skipped: number;
  /** The rows asked for, as far as they are there; null when they are the same as in the answer before. */
  rows: Row[] | null;
}

/** Which rows to show: `count` from `from` on, or the newest ones where it is null. */
export interface Window {
  from: number | null;
  count: number;
}

/** Records from the store for the place of a mark. */
export interface Restored {
  /** The mark's. */
  key: number;
  /** Each a LogRecord, the oldest first. */
  records: Uint8Array[];
  /** Where the store's answer goes on; empty: it was all. */
  nextPageToken: string;
}

export type ToWorker =
  | { kind: "start"; filters: string[]; token: string }
  | { kind: "ask"; windows: Window[] }
  | { kind: "open"; lane: number; seq: number }
  | ({ kind: "restore"; lane: number } & Restored)
  | { kind: "retry" }
  /** Nobody looks any more, or somebody does again. */
  | { kind: "rest" }
  | { kind: "wake" };

export type FromWorker =
  | { kind: "connection"; lane: number; connection: Connection }
  | { kind: "figures"; lanes: Figures[] }
  | { kind: "view"; lanes: View[] }
  | { kind: "record"; lane: number; seq: number; bytes: Uint8Array | null };

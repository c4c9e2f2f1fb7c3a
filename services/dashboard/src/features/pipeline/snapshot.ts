/** What the three questions of the Pipeline page answered at one moment, as plain numbers. */

import type { Duration } from "@bufbuild/protobuf/wkt";
import type { GetSummaryResponse, LedgerEntry, ProcessorState } from "@/gen/logmesh/v1/pipeline_service_pb";

/** Batches from the first to the last, both included. */
export interface Range {
  first: number;
  last: number;
}

export interface Producer {
  spool: string;
  name: string;
  /** Batches 1 to this were received, but for `missing`. */
  lastSeq: number;
  missing: readonly Range[];
  /** Those of `missing` that the producer does not hold any more. */
  lost: readonly Range[];
  /** Records. */
  stored: number;
  deadLetters: number;
  /** Milliseconds since 1970; null before the first commit. */
  lastCommit: number | null;
  lagSeconds: number;
}

export interface Processor {
  /** Its address instead, when it does not answer and the gateway never heard its name. */
  name: string;
  /** Whether this is its own answer. If not, the figures are 0 and mean nothing. */
  answers: boolean;
  ready: boolean;
  streams: number;
  tails: number;
  walBytes: number;
  /** 0 to 1. */
  walFill: number;
  unwrittenBatches: number;
  /** Age of the oldest unwritten batch, seconds. */
  lagSeconds: number;
  /** Records since it started. */
  stored: number;
  /** Records kept as dead letters since it started, by reason. */
  rejected: Readonly<Record<string, number>>;
  /** Writes to the database that failed since it started, and were tried again. */
  writeErrors: number;
  version: string;
  track: string;
}

export interface Summary {
  lostBatches: number;
  unaccountedBatches: number;
  lagSeconds: number;
  stored: number;
  deadLetters: number;
}

/** One question's answer, or why there is none. */
export type Answer<T> = { value: T } | { failed: string; denied: boolean };

export interface Snapshot {
  /** Milliseconds since 1970, by the browser's clock. */
  at: number;
  ledger: Answer<readonly Producer[]>;
  processors: Answer<readonly Processor[]>;
  summary: Answer<Summary>;
}

export function producerOf(entry: LedgerEntry): Producer {
  const ranges = (list: LedgerEntry["missing"]) => list.map(({ first, last }) => ({ first: Number(first), last: Number(last) }));
  const commit = entry.lastCommitTime;
  return {
    spool: entry.spoolId,
    name: entry.producer,
    lastSeq: Number(entry.lastSeq),
    missing: ranges(entry.missing),
    lost: ranges(entry.lost),
    stored: Number(entry.stored),
    deadLetters: Number(entry.deadLetters),
    lastCommit: commit ? Number(commit.seconds) * 1000 + commit.nanos / 1e6 : null,
    lagSeconds: secondsOf(entry.lag),
  };
}

/** A processor says its version whenever it answers; an entry without one was made by the gateway. */
export function processorOf(state: ProcessorState): Processor {
  return {
    name: state.name,
    answers: state.version !== "",
    ready: state.ready,
    streams: state.streams,
    tails: state.tails,
    walBytes: Number(state.walBytes),
    walFill: state.walFill,
    unwrittenBatches: Number(state.unwrittenBatches),
    lagSeconds: secondsOf(state.lag),
    stored: Number(state.stored),
    rejected: Object.fromEntries(Object.entries(state.rejected).map(([reason, records]) => [reason, Number(records)])),
    writeErrors: Number(state.writeErrors),
    version: state.version,
    track: state.track,
  };
}

export function summaryOf(answer: GetSummaryResponse): Summary {
  return {
    lostBatches: Number(answer.lostBatches),
    unaccountedBatches: Number(answer.unaccountedBatches),
    lagSeconds: secondsOf(answer.lag),
    stored: Number(answer.stored),
    deadLetters: Number(answer.deadLetters),
  };
}

/** The answer's value, or what it was `before`. */
export function valueOr<T>(answer: Answer<T>, before: T): T {
  return "value" in answer ? answer.value : before;
}

export function countBatches(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

function secondsOf(duration: Duration | undefined): number {
  return duration ? Number(duration.seconds) + duration.nanos / 1e9 : 0;
}

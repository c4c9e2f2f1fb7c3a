/** What the questions of the Pipeline page answered at one moment, as plain numbers. */

import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import type { Fact as FactMessage, GetSummaryResponse, LedgerEntry, ProcessorState } from "@/gen/logmesh/v1/pipeline_service_pb";

/** Batches from the first to the last, both included. */
export interface Range {
  first: number;
  last: number;
}

export interface Producer {
  spool: string;
  name: string;
  /** Batches 1 to this were received, but for those that are missing. */
  lastSeq: number;
  missingBatches: number;
  /** The first hundred ranges of them. */
  missing: readonly Range[];
  lostBatches: number;
  /** Of those that the producer does not hold any more, the first hundred ranges. */
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

/** The producers of a page, the latest first, and how many there are. */
export interface Ledger {
  producers: readonly Producer[];
  total: number;
}

export interface Summary {
  lostBatches: number;
  unaccountedBatches: number;
  committedBatches: number;
  /** Null while no processor answers; a lower bound while some do not. */
  lagSeconds: number | null;
  /** When the last batch of any producer was committed, milliseconds since 1970; null for never. */
  lastCommit: number | null;
  stored: number;
  deadLetters: number;
}

/** What must be looked at until somebody acknowledges it. */
export interface Fact {
  kind: string;
  producer: string;
  batches: number;
  /** Milliseconds since 1970; null where that was not noted. */
  since: number | null;
  advice: string;
}

/** One question's answer, or why there is none. */
export type Answer<T> = { value: T } | { failed: string; denied: boolean };

export interface Snapshot {
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
  ledger: Answer<Ledger>;
  processors: Answer<readonly Processor[]>;
  summary: Answer<Summary>;
  facts: Answer<readonly Fact[]>;
}

export function producerOf(entry: LedgerEntry): Producer {
  const ranges = (list: LedgerEntry["missing"]) => list.map(({ first, last }) => ({ first: Number(first), last: Number(last) }));
  return {
    spool: entry.spoolId,
    name: entry.producer,
    lastSeq: Number(entry.lastSeq),
    missingBatches: Number(entry.missingBatches),
    missing: ranges(entry.missing),
    lostBatches: Number(entry.lostBatches),
    lost: ranges(entry.lost),
    stored: Number(entry.stored),
    deadLetters: Number(entry.deadLetters),
    lastCommit: millisOf(entry.lastCommitTime),
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
    committedBatches: Number(answer.committedBatches),
    lagSeconds: answer.lag ? secondsOf(answer.lag) : null,
    lastCommit: millisOf(answer.lastCommitTime),
    stored: Number(answer.stored),
    deadLetters: Number(answer.deadLetters),
  };
}

export function factOf({ kind, producer, batches, since, advice }: FactMessage): Fact {
  return { kind, producer, batches: Number(batches), since: millisOf(since), advice };
}

/** The answer's value, or what it was `before`. */
export function valueOr<T>(answer: Answer<T>, before: T): T {
  return "value" in answer ? answer.value : before;
}

function secondsOf(duration: Duration | undefined): number {
  return duration ? Number(duration.seconds) + duration.nanos / 1e9 : 0;
}

function millisOf(moment: Timestamp | undefined): number | null {
  return moment ? Number(moment.seconds) * 1000 + moment.nanos / 1e6 : null;
}

/** Values for the tests of this folder: a pipeline in which all is well, to be changed in one respect. */

import type { Answer, Fact, Processor, Producer, Snapshot, Summary } from "./snapshot";

export const NOON = Date.UTC(2026, 10, 25, 12);

export function processor(change: Partial<Processor> = {}): Processor {
  return {
    name: "log-processor-0",
    answers: true,
    ready: true,
    streams: 1,
    tails: 0,
    walBytes: 64_000_000,
    walFill: 0.01,
    unwrittenBatches: 0,
    lagSeconds: 0,
    stored: 10_000,
    rejected: {},
    writeErrors: 0,
    version: "0.1.0",
    track: "stable",
    ...change,
  };
}

/** As the gateway lists a processor that does not answer. */
export function silentProcessor(name: string): Processor {
  return processor({ name, answers: false, ready: false, streams: 0, walBytes: 0, walFill: 0, stored: 0, version: "", track: "" });
}

export function producer(change: Partial<Producer> = {}): Producer {
  return {
    spool: "9cfca7bc-14e1-4b2b-a521-b14276c46c6b",
    name: "log-producer-0",
    lastSeq: 100,
    missingBatches: 0,
    missing: [],
    lostBatches: 0,
    lost: [],
    stored: 10_000,
    deadLetters: 0,
    lastCommit: NOON,
    lagSeconds: 0.3,
    ...change,
  };
}

export function summary(change: Partial<Summary> = {}): Summary {
  return {
    lostBatches: 0,
    unaccountedBatches: 0,
    committedBatches: 100,
    lagSeconds: 0.3,
    lastCommit: NOON,
    stored: 10_000,
    deadLetters: 0,
    ...change,
  };
}

export function fact(change: Partial<Fact> = {}): Fact {
  return { kind: "lost", producer: "log-producer-0", batches: 4, since: NOON - 7_200_000, advice: "Look at its disk.", ...change };
}

type Failed = { failed: string; denied: boolean };

export interface Answers {
  producers?: Producer[] | Failed;
  processors?: Processor[] | Failed;
  summary?: Summary | Failed;
  facts?: Fact[] | Failed;
}

/** What is answered `seconds` after noon. */
export function snapshot(seconds: number, answers: Answers = {}): Snapshot {
  const at = NOON + seconds * 1000;
  const producers = answers.producers ?? [producer({ lastCommit: at })];
  return {
    at,
    ledger: answer("failed" in producers ? producers : { producers, total: producers.length }),
    processors: answer(answers.processors ?? [processor()]),
    summary: answer(answers.summary ?? summary()),
    facts: answer(answers.facts ?? []),
  };
}

function answer<T extends object>(given: T | Failed): Answer<T> {
  return "failed" in given ? given : { value: given };
}

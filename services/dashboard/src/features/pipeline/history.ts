/** What the page remembers between polls: the last answer to each question, five minutes of figures, who was seen. */

import type { Fact, Processor, Producer, Snapshot, Summary } from "./snapshot";
import { valueOr } from "./snapshot";

const KEPT_MILLIS = 300_000;
/** So long a processor that is not listed any more is missed; after that it was taken away on purpose, as after a reload. */
export const MISSED_MINUTES = 15;
/** A log grows and shrinks by whole segments: one step is no trend yet. */
const TREND_STEPS = 3;

/** Over so much of the past a rate is taken that is called the present one. */
export const RATE_SECONDS = 30;

/** When a processor last answered, and what it said. */
export interface Seen {
  at: number;
  state: Processor;
}

/** Figures of one moment, from which rates come. */
export interface Sample {
  at: number;
  /** Null while it was not known. */
  lagSeconds: number | null;
  unaccounted: number;
  /** By processor. */
  walFill: ReadonlyMap<string, number>;
  /** Records since its start, by processor. */
  written: ReadonlyMap<string, number>;
  /** Records, by spool. */
  stored: ReadonlyMap<string, number>;
  deadLetters: ReadonlyMap<string, number>;
}

export interface History {
  /** When the first poll was answered, milliseconds since 1970; what was already so then began at an unknown time. */
  from: number;
  latest: Snapshot;
  /** The last answers there were: those of `latest`, unless it has none. */
  producers: readonly Producer[];
  /** How many there are, those that are not listed too. */
  producersTotal: number;
  processors: readonly Processor[];
  summary: Summary | null;
  facts: readonly Fact[];
  /** When each question was last answered. */
  answered: { ledger: number | null; processors: number | null; summary: number | null };
  /** Without those that are not listed and have not answered for as long as one is missed. */
  seen: ReadonlyMap<string, Seen>;
  /** Oldest first, of the last five minutes. */
  samples: readonly Sample[];
}

/** The history with one more poll in it. */
export function remember(before: History | null, latest: Snapshot): History {
  const at = (name: "ledger" | "processors" | "summary") =>
    "value" in latest[name] ? latest.at : (before?.answered[name] ?? null);
  const ledger = valueOr(latest.ledger, { producers: before?.producers ?? [], total: before?.producersTotal ?? 0 });
  const { producers } = ledger;
  const processors = valueOr(latest.processors, before?.processors ?? []);
  const summary = valueOr(latest.summary, before?.summary ?? null);
  const listed = new Set(processors.map(({ name }) => name));
  const missedFrom = latest.at - MISSED_MINUTES * 60_000;
  const seen = new Map([...(before?.seen ?? [])].filter(([name, { at: answered }]) => listed.has(name) || answered > missedFrom));
  for (const state of valueOr(latest.processors, [])) {
    if (state.answers) seen.set(state.name, { at: latest.at, state });
  }
  const samples = (before?.samples ?? []).filter((sample) => sample.at > latest.at - KEPT_MILLIS);
  return {
    from: before?.from ?? latest.at,
    latest,
    producers,
    producersTotal: ledger.total,
    processors,
    summary,
    facts: valueOr(latest.facts, before?.facts ?? []),
    answered: { ledger: at("ledger"), processors: at("processors"), summary: at("summary") },
    seen,
    // A poll that lacks an answer would be a flat step in every rate.
    samples: summary && everyAnswered(latest) ? [...samples, sampleOf(latest.at, producers, processors, summary)] : samples,
  };
}

/** Change a second of one figure over the samples that hold it; null until there are two. */
export function rateOf(samples: readonly Sample[], figure: (sample: Sample) => number | undefined): number | null {
  const held = samples.filter((sample) => figure(sample) !== undefined);
  const first = held[0];
  const last = held.at(-1);
  if (!first || !last || first === last) return null;
  return (figure(last)! - figure(first)!) / ((last.at - first.at) / 1000);
}

/** Records a second that this processor stores; null until two polls tell, and just after it started anew. */
export function writeRate(samples: readonly Sample[], processor: string): number | null {
  const rate = rateOf(since(samples, RATE_SECONDS), ({ written }) => written.get(processor));
  return rate !== null && rate >= 0 ? rate : null;
}

/** The samples of the last so many seconds. */
export function since(samples: readonly Sample[], seconds: number): readonly Sample[] {
  const last = samples.at(-1);
  return last ? samples.filter((sample) => sample.at >= last.at - seconds * 1000) : [];
}

/** Seconds until this processor's log is full at the rate of the last minutes; null when it does not fill steadily. */
export function secondsToFull(samples: readonly Sample[], processor: string): number | null {
  const fills = samples.flatMap(({ walFill }) => walFill.get(processor) ?? []);
  const rate = rateOf(samples, ({ walFill }) => walFill.get(processor));
  const steady = new Set(fills).size >= TREND_STEPS && fills.every((fill, index) => fill >= (fills[index - 1] ?? 0));
  return steady && rate !== null && rate > 0 ? (1 - fills.at(-1)!) / rate : null;
}

/** Records of all spools. */
export function storedOf({ stored }: Sample): number {
  return [...stored.values()].reduce((sum, count) => sum + count, 0);
}

export function everyAnswered({ ledger, processors, summary }: Snapshot): boolean {
  return "value" in ledger && "value" in processors && "value" in summary;
}

function sampleOf(at: number, producers: readonly Producer[], processors: readonly Processor[], summary: Summary): Sample {
  const answering = processors.filter((processor) => processor.answers);
  return {
    at,
    lagSeconds: summary.lagSeconds,
    unaccounted: summary.unaccountedBatches,
    walFill: new Map(answering.map(({ name, walFill }) => [name, walFill])),
    written: new Map(answering.map(({ name, stored }) => [name, stored])),
    stored: new Map(producers.map(({ spool, stored }) => [spool, stored])),
    deadLetters: new Map(producers.map(({ spool, deadLetters }) => [spool, deadLetters])),
  };
}

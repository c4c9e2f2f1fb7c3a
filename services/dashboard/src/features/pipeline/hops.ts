/** What goes into each hop of the pipeline and where it is now: in = out + buffered + rejected + lost + unaccounted. */

import type { Processor, Summary } from "./snapshot";

export interface Reason {
  reason: string;
  records: number;
}

export interface Hop {
  name: string;
  unit: "batches" | "records";
  in: number;
  out: number;
  buffered: number;
  rejected: number;
  /** Why, the most frequent first: what the processors rejected since they started, so its sum may differ from `rejected`. */
  reasons: readonly Reason[];
  lost: number;
  unaccounted: number;
}

/** The hops. All that is lost or unaccounted counts, the rest of producers that were heard of within the last hour: as in the summary. */
export function hopsOf(processors: readonly Processor[], summary: Summary): Hop[] {
  const { committedBatches: committed, lostBatches: lost, stored, deadLetters } = summary;
  const buffered = processors.reduce((total, processor) => total + processor.unwrittenBatches, 0);
  // What is in a processor's log is not missing, whichever number it has.
  const unaccounted = Math.max(0, summary.unaccountedBatches - buffered);
  const logged = committed + buffered;
  const nothing = { buffered: 0, rejected: 0, reasons: [], lost: 0, unaccounted: 0 };
  return [
    { ...nothing, name: "Producers → processors' logs", unit: "batches", in: logged + lost + unaccounted, out: logged, lost, unaccounted },
    { ...nothing, name: "Processors' logs → database", unit: "batches", in: logged, out: committed, buffered },
    { ...nothing, name: "Records of these batches", unit: "records", in: stored + deadLetters, out: stored, rejected: deadLetters, reasons: reasonsOf(processors) },
  ];
}

/** What all processors rejected since they started, by reason, the most frequent first. */
export function reasonsOf(processors: readonly Processor[]): Reason[] {
  const records = new Map<string, number>();
  for (const { rejected } of processors) {
    for (const [reason, count] of Object.entries(rejected)) records.set(reason, (records.get(reason) ?? 0) + count);
  }
  return [...records].map(([reason, count]) => ({ reason, records: count })).toSorted((a, b) => b.records - a.records);
}

/** Streams of each track, as parts of all open streams; none while there is no stream. */
export function tracksOf(processors: readonly Processor[]): { track: string; processors: number; streams: number; part: number }[] {
  const answering = processors.filter(({ answers }) => answers);
  const all = answering.reduce((total, { streams }) => total + streams, 0);
  return [...new Set(answering.map(({ track }) => track))].toSorted().toReversed().map((track) => {
    const members = answering.filter((processor) => processor.track === track);
    const streams = members.reduce((total, processor) => total + processor.streams, 0);
    return { track, processors: members.length, streams, part: all ? streams / all : 0 };
  });
}

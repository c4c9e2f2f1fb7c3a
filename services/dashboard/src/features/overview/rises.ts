/** What changed against the period before, so far as chance does not explain it. */

import type { Pattern, ServiceChange } from "@/gen/logmesh/v1/query_service_pb";

export interface Rise {
  readonly service: string;
  readonly errors: number;
  readonly previousErrors: number;
  readonly records: number;
  readonly previousRecords: number;
}

/** Two counts differ by more than this many standard deviations once in some hundred times by chance. */
const DEVIATIONS = 2.6;
/** A service that wrote fewer records before is no reason to worry when it is silent now. */
const FEWEST_BEFORE_SILENCE = 20;

/** Services with more errors than chance explains, the greatest rise first. */
export function risesOf(changes: readonly ServiceChange[]): Rise[] {
  return changes
    .map(riseOf)
    .filter(({ errors, previousErrors }) => errors - previousErrors > DEVIATIONS * Math.sqrt(errors + previousErrors))
    .toSorted((one, other) => other.errors - other.previousErrors - (one.errors - one.previousErrors));
}

/** Services that wrote records in the period before, and none now; those that wrote most first. */
export function silentOf(changes: readonly ServiceChange[]): Rise[] {
  return changes
    .map(riseOf)
    .filter(({ records, previousRecords }) => records === 0 && previousRecords >= FEWEST_BEFORE_SILENCE)
    .toSorted((one, other) => other.previousRecords - one.previousRecords);
}

/** Whether there are records now and none in the period before: then everything is new, and nothing changed. */
export function hasNothingBefore(changes: readonly ServiceChange[]): boolean {
  return changes.length > 0 && changes.every((change) => change.previousRecords === 0n);
}

/** Patterns that the period before does not have: the most severe first, then the most frequent. */
export function newPatternsOf(patterns: readonly Pattern[]): Pattern[] {
  return patterns
    .filter((pattern) => pattern.isNew)
    .toSorted((one, other) => other.severityNumber - one.severityNumber || Number(other.count - one.count));
}

function riseOf(change: ServiceChange): Rise {
  return {
    service: change.service,
    errors: Number(change.errors),
    previousErrors: Number(change.previousErrors),
    records: Number(change.records),
    previousRecords: Number(change.previousRecords),
  };
}

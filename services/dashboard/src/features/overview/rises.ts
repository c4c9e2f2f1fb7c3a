/** What changed against the period before, so far as chance and traffic don't explain it: the gateway says that of services. */

import type { Pattern, ServiceChange } from "@/gen/logmesh/v1/query_service_pb";

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

/** `some` of `all`, from 0 to 1; null of nothing. */
export function rateOf(some: bigint, all: bigint): number | null {
  return all === 0n ? null : Number(some) / Number(all);
}

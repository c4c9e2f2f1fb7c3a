/** Traces as far as the logs that were found tell of them. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { ERROR_NUMBER } from "@/lib/levels";
import { serviceOf, toHex } from "@/lib/records";
import type { Nanos } from "@/lib/time";
import { groupsOf } from "./groups";

export interface RecentTrace {
  readonly traceId: string;
  /** The newest of its logs that were found. */
  readonly time: Nanos;
  /** Those that were found to have written, in the order in which they did. */
  readonly services: readonly string[];
  /** How many of the logs that were found are errors. */
  readonly errors: number;
  /** Its first error, or else its first log. */
  readonly line: LogRecord;
}

/** The traces of these records, in any order and perhaps twice: those with errors first, then the newest first. */
export function recentTraces(records: readonly LogRecord[]): RecentTrace[] {
  const known = new Map(records.map((record) => [record.id, record]));
  const traced = [...known.values()].filter(({ traceId }) => traceId.length > 0);
  const traces = [...groupsOf(traced, ({ traceId }) => toHex(traceId))].map(([id, logs]) => traceOf(id, logs));
  return traces.toSorted(
    (one, other) => Number(other.errors > 0) - Number(one.errors > 0) || Number(other.time - one.time),
  );
}

function traceOf(traceId: string, logs: readonly LogRecord[]): RecentTrace {
  const ordered = logs.toSorted((one, other) => Number(one.timeUnixNano - other.timeUnixNano));
  const errors = ordered.filter(({ severityNumber }) => severityNumber >= ERROR_NUMBER);
  return {
    traceId,
    time: ordered.at(-1)!.timeUnixNano,
    services: [...new Set(ordered.map(serviceOf))],
    errors: errors.length,
    line: errors[0] ?? ordered[0]!,
  };
}

/** A trace read from its logs: what all parts of the page speak of. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { ERROR_NUMBER } from "@/lib/levels";
import { serviceOf, toHex } from "@/lib/records";
import type { Nanos } from "@/lib/time";

/** One log of a trace. */
export interface Entry {
  readonly record: LogRecord;
  readonly service: string;
  /** In hexadecimal; empty for none. */
  readonly span: string;
  /** Since the trace's first log. */
  readonly offset: Nanos;
}

/** The logs of a trace in order of time; those of one moment keep the order they came in. */
export function entriesOf(records: readonly LogRecord[]): Entry[] {
  const ordered = records.toSorted((one, other) => Number(one.timeUnixNano - other.timeUnixNano));
  const start = ordered[0]?.timeUnixNano ?? 0n;
  return ordered.map((record) => ({
    record,
    service: serviceOf(record),
    span: toHex(record.spanId),
    offset: record.timeUnixNano - start,
  }));
}

export function isError({ record }: Entry): boolean {
  return record.severityNumber >= ERROR_NUMBER;
}

/** The services of a trace, in the order in which they first wrote. */
export function servicesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map(({ service }) => service))];
}

/** Records as a file of JSON lines, with the fields that the gateway's export and `logmesh search` write. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { levelOf } from "@/lib/levels";
import { instanceOf, serviceOf, toHex } from "@/lib/records";
import { toRfc3339 } from "@/lib/time";
import { jsonOf, type Plain, type PlainMap, plainOf } from "@/lib/values";

/** A line a record; what a record doesn't have is left out. */
export function ndjsonOf(records: readonly LogRecord[]): string {
  return records.map((record) => `${jsonOf(plain(record))}\n`).join("");
}

function plain(record: LogRecord): PlainMap {
  const level = levelOf(record.severityNumber).name;
  const fields: Record<string, Plain | undefined> = {
    id: record.id,
    time: toRfc3339(record.timeUnixNano),
    severity: record.severityText || (level === "NONE" ? undefined : level),
    severity_number: record.severityNumber || undefined,
    service: serviceOf(record),
    instance: instanceOf(record) || undefined,
    body: record.body,
    attributes: orNothing(plainOf(record.attributes)),
    resource: orNothing(plainOf(record.resource?.attributes)),
    trace_id: toHex(record.traceId) || undefined,
    span_id: toHex(record.spanId) || undefined,
    scope: record.scope?.name || undefined,
    scope_version: record.scope?.version || undefined,
    original_time: record.originalTimeUnixNano ? toRfc3339(record.originalTimeUnixNano) : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, Plain] => field[1] !== undefined));
}

function orNothing(map: PlainMap): PlainMap | undefined {
  return Object.keys(map).length ? map : undefined;
}

/** Have the browser save a text as a file. */
export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the file after this turn of events.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

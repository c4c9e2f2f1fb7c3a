/** Records as a file of JSON lines, with the fields that the gateway's export and `logmesh search` write. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { levelOf } from "@/lib/levels";
import { instanceOf, serviceOf, toHex } from "@/lib/records";
import { toRfc3339 } from "@/lib/time";

/** A line a record; what a record doesn't have is left out. */
export function ndjsonOf(records: readonly LogRecord[]): string {
  return records.map((record) => `${JSON.stringify(plain(record))}\n`).join("");
}

function plain(record: LogRecord) {
  const level = levelOf(record.severityNumber).name;
  return {
    id: record.id,
    time: toRfc3339(record.timeUnixNano),
    severity: record.severityText || (level === "NONE" ? undefined : level),
    severity_number: record.severityNumber || undefined,
    service: serviceOf(record),
    instance: instanceOf(record) || undefined,
    body: record.body,
    attributes: record.attributes,
    resource: record.resource?.attributes,
    trace_id: toHex(record.traceId) || undefined,
    span_id: toHex(record.spanId) || undefined,
    scope: record.scope?.name || undefined,
  };
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

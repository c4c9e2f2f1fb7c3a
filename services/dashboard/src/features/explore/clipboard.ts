/** Records and links as text on the clipboard. */

import { ndjsonOf } from "@/features/records/ndjson";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { instanceOf, serviceOf } from "@/lib/records";
import { levelOf } from "@/lib/levels";
import { toRfc3339 } from "@/lib/time";
import { announce } from "@/ui/Announcer";

/** One record as a line: time, level, service, instance, message as it came. */
export function lineOf(record: LogRecord): string {
  const who = [serviceOf(record), instanceOf(record)].filter(Boolean).join(" ");
  return `${toRfc3339(record.timeUnixNano)} ${levelOf(record.severityNumber).name} ${who} ${record.body}`;
}

/** One JSON object a line, as the API writes records. */
export function jsonOf(records: readonly LogRecord[]): string {
  return ndjsonOf(records).trimEnd();
}

/** Whether the text is on the clipboard now; a page without https may not reach it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    announce("Copied.");
    return true;
  } catch {
    announce("The browser refused to copy.");
    return false;
  }
}

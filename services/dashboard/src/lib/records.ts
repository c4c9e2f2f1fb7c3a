/** Reading a LogRecord: what a page shows of it. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";

/** As the store's JSON and the address bar write a trace or span id; empty for none. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

export function serviceOf(record: LogRecord): string {
  return record.resource?.serviceName || "unknown_service";
}

export function instanceOf(record: LogRecord): string {
  return record.resource?.serviceInstanceId ?? "";
}

export const VERSION_KEY = "service.version";

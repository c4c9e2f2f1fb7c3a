/** Logs for tests. */

import { create } from "@bufbuild/protobuf";
import { type LogRecord, LogRecordSchema } from "@/gen/logmesh/v1/record_pb";

export interface LogSketch {
  /** Milliseconds after a fixed moment. */
  at: number;
  service?: string;
  severity?: number;
  body?: string;
  /** Number of the span, from 1; none when missing. */
  span?: number;
  /** Number of the trace, from 1. */
  trace?: number;
}

const START = 1_700_000_000_000_000_000n;

export function log({ at, service = "web", severity = 9, body = "", span, trace = 1 }: LogSketch): LogRecord {
  return create(LogRecordSchema, {
    id: `${service}-${at}-${severity}-${trace}`,
    timeUnixNano: START + BigInt(at) * 1_000_000n,
    severityNumber: severity,
    body,
    spanId: span === undefined ? new Uint8Array() : bytes(8, span),
    traceId: bytes(16, trace),
    resource: { serviceName: service },
  });
}

function bytes(length: number, last: number): Uint8Array<ArrayBuffer> {
  const array = new Uint8Array(length);
  array[length - 1] = last;
  return array;
}

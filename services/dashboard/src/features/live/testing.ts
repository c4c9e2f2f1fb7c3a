/** Messages of a tail as the gateway writes them, made with the generated stubs. For tests. */

import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { TailResponseSchema } from "@/gen/logmesh/v1/tail_service_pb";
import { readMessage, type TailMessage } from "./message";

export type RecordInit = MessageInitShape<typeof LogRecordSchema>;

export function responseBytes(message: MessageInitShape<typeof TailResponseSchema>): Uint8Array {
  return toBinary(TailResponseSchema, create(TailResponseSchema, message));
}

export function recordBytes(record: RecordInit): Uint8Array {
  return toBinary(LogRecordSchema, create(LogRecordSchema, record));
}

/** A frame of records, read. */
export function frameOf(records: RecordInit[], backlog = false): TailMessage {
  return readMessage(responseBytes({ message: { case: "frame", value: { records, backlog } } }));
}

/** Records `1-from` to `1-(to - 1)`, a millisecond apart. */
export function recordsFrom(from: number, to: number, init: RecordInit = {}): RecordInit[] {
  return Array.from({ length: to - from }, (_, index) => ({
    id: `1-${from + index}`,
    timeUnixNano: BigInt(from + index) * 1_000_000n,
    severityNumber: 9,
    body: `line ${from + index}`,
    ...init,
  }));
}

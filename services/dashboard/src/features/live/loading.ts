/** Gets from the store what is missing at a mark. */

import { toBinary } from "@bufbuild/protobuf";
import { queries } from "@/api/clients";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import type { Load } from "./client";

/** A record may have come so much later than its own time says. */
const LATE_NANOS = 10_000_000_000n;
/** Lines of a page: the first screenfuls, or what fills a gap. */
const EARLIER_LINES = 200;
const GAP_LINES = 5_000;

export const loadMissing: Load = async (filter, { kind, startUnixNano, endUnixNano, pageToken }) => {
  const messages = queries.search({
    filter,
    startTime: timestamp(startUnixNano - LATE_NANOS),
    endTime: timestamp(endUnixNano),
    pageSize: kind === "earlier" ? EARLIER_LINES : GAP_LINES,
    pageToken,
  });
  const records: Uint8Array[] = [];
  let nextPageToken = "";
  for await (const { message } of messages) {
    if (message.case === "rows") for (const record of message.value.records) records.push(toBinary(LogRecordSchema, record));
    else if (message.case === "done") nextPageToken = message.value.nextPageToken;
  }
  return { records: records.toReversed(), nextPageToken };
};

function timestamp(unixNano: bigint): { seconds: bigint; nanos: number } {
  return { seconds: unixNano / 1_000_000_000n, nanos: Number(unixNano % 1_000_000_000n) };
}

/** The results of a search as they grow: message by message, and page by page towards older records. */

import { type SearchResponse, SearchEnd } from "@/gen/logmesh/v1/query_service_pb";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import type { Nanos } from "@/lib/time";

export const PAGE_SIZE = 500;
/** So many rows are kept at most; a narrower range shows what is older. */
export const MOST_ROWS = 10_000;

export interface Results {
  /** Which question they answer: its range and filter. Empty before the first one. */
  readonly key: string;
  /** Newest first. */
  readonly rows: readonly LogRecord[];
  /** Why the last page ended; null while it is on its way. */
  readonly end: SearchEnd | null;
  /** Everything from here to the end of the range was looked at; null when that is not known. */
  readonly scannedFrom: Nanos | null;
  /** Continues with older records; empty when there are none. */
  readonly nextPageToken: string;
}

export const NO_RESULTS: Results = { key: "", rows: [], end: null, scannedFrom: null, nextPageToken: "" };

/** The results with one more message of the answer. */
export function withMessage(results: Results, { message }: SearchResponse): Results {
  switch (message.case) {
    case "rows": {
      const rows = [...results.rows, ...message.value.records].slice(0, MOST_ROWS);
      return { ...results, rows, scannedFrom: rows.at(-1)?.timeUnixNano ?? results.scannedFrom };
    }
    case "progress":
      return { ...results, scannedFrom: momentOf(message.value.scannedFrom) };
    case "done": {
      const { end, scannedFrom, nextPageToken } = message.value;
      return { ...results, end, scannedFrom: momentOf(scannedFrom), nextPageToken };
    }
    default:
      return results;
  }
}

/** Whether "load older" leads anywhere: there is more, and room for it. */
export function hasOlder(results: Results): boolean {
  return results.nextPageToken !== "" && results.rows.length < MOST_ROWS;
}


export function momentOf(time: { seconds: bigint; nanos: number } | undefined): Nanos | null {
  return time ? time.seconds * 1_000_000_000n + BigInt(time.nanos) : null;
}

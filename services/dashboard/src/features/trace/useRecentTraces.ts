/** Recent traces, found through their logs: the errors of a range first, then its newest logs whatever they say. */

import { useMemo } from "react";
import { queries } from "@/api/clients";
import { useStream } from "@/api/useStream";
import { SearchEnd, type SearchResponse } from "@/gen/logmesh/v1/query_service_pb";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { both } from "@/lib/filter";
import { type Span, timestampOf } from "@/lib/time";

/** Records asked for, at most: some hundred traces are more than anybody reads. */
const ERRORS = 400;
const OTHERS = 400;

interface Found {
  records: readonly LogRecord[];
  /** Whether the whole range was looked at. */
  whole: boolean;
}

const NOTHING: Found = { records: [], whole: false };

/** Searches the range anew whenever the filter or the range changes; null asks nothing. */
export function useRecentTraces(filter: string, span: Span | null) {
  const errors = useFound(both(filter, "trace_id:* AND severity >= ERROR"), span, ERRORS);
  const others = useFound(both(filter, "trace_id:*"), span, OTHERS);
  const records = useMemo(() => [...errors.state.records, ...others.state.records], [errors.state, others.state]);
  return {
    records,
    searching: errors.status === "streaming" || others.status === "streaming",
    failure: errors.failure ?? others.failure,
    /** Whether the range holds errors that were not looked at. */
    moreErrors: errors.status === "done" && !errors.state.whole,
    retry: () => {
      errors.retry();
      others.retry();
    },
  };
}

function useFound(filter: string, span: Span | null, pageSize: number) {
  const key = span ? `${filter} ${span.start} ${span.end}` : "";
  return useStream(key, (signal) => search(filter, span, pageSize, signal), reduce, NOTHING, ({ records }) => records.length === 0);
}

async function* search(filter: string, span: Span | null, pageSize: number, signal: AbortSignal): AsyncGenerator<SearchResponse> {
  if (!span) return;
  const range = { startTime: timestampOf(span.start), endTime: timestampOf(span.end) };
  yield* queries.search({ filter, pageSize, ...range }, { signal });
}

function reduce(found: Found, { message }: SearchResponse): Found {
  if (message.case === "rows") return { ...found, records: [...found.records, ...message.value.records] };
  if (message.case === "done") return { ...found, whole: message.value.end === SearchEnd.EXHAUSTED };
  return found;
}

/** The streamed search of the page's filter and range, continued towards older records on demand. */

import { useCallback, useState } from "react";
import { queries } from "@/api/clients";
import type { Failure } from "@/api/failure";
import { type StreamStatus, useStream } from "@/api/useStream";
import { type Span, timestampOf } from "@/lib/time";
import { hasOlder, MOST_ROWS, NO_RESULTS, PAGE_SIZE, type Results, withMessage } from "./results";

export interface Search {
  results: Results;
  /** Whether the rows answer the question that is asked now, and not the one before it. */
  current: boolean;
  status: StreamStatus;
  failure: Failure | null;
  retry: () => void;
  /** Append the next page; nothing happens while one is on its way or when there is none. */
  loadOlder: () => void;
}

interface Continuation {
  of: string;
  results: Results;
}

/** Search `span`; null asks nothing. A page that fails leaves the rows of those before it. */
export function useResults(filter: string, span: Span | null): Search {
  const key = span ? `${span.start}-${span.end} ${filter}` : "";
  const [continued, setContinued] = useState<Continuation | null>(null);
  const before = continued?.of === key ? continued.results : null;

  const stream = useStream(
    `${key} ${before?.nextPageToken ?? ""}`,
    (signal) => (span ? ask(filter, span, before, signal) : nothing()),
    withMessage,
    before ? { ...before, end: null } : { ...NO_RESULTS, key },
    ({ rows }) => rows.length === 0,
  );
  const { state: results, status, failure, retry } = stream;
  const current = results.key === key;

  const loadOlder = useCallback(() => {
    if (status !== "streaming" && current && hasOlder(results)) setContinued({ of: key, results });
  }, [status, current, results, key]);
  return { results, current, status, failure, retry, loadOlder };
}

function ask(filter: string, span: Span, before: Results | null, signal: AbortSignal) {
  const room = MOST_ROWS - (before?.rows.length ?? 0);
  return queries.search(
    {
      filter,
      startTime: timestampOf(span.start),
      endTime: timestampOf(span.end),
      pageSize: Math.min(PAGE_SIZE, room),
      pageToken: before?.nextPageToken ?? "",
    },
    { signal },
  );
}

async function* nothing(): AsyncGenerator<never> {}

/** How the filter may go on at the caret, asked once the typing rests. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { queries } from "@/api/clients";
import type { Completion } from "@/gen/logmesh/v1/query_service_pb";
import { type Span, timestampOf } from "@/lib/time";

const REST_MILLIS = 120;
const NONE: readonly Completion[] = [];

/** `head` is the text up to the caret, or null while nothing is asked. */
export function useCompletions(head: string | null, span: Span | null): readonly Completion[] {
  const rested = useRested(head);
  const { data } = useQuery({
    queryKey: ["complete", rested, String(span?.start), String(span?.end)],
    queryFn: ({ signal }) =>
      queries.complete(
        {
          filter: rested ?? "",
          pageSize: 20,
          ...(span && { startTime: timestampOf(span.start), endTime: timestampOf(span.end) }),
        },
        { signal },
      ),
    enabled: rested !== null,
    placeholderData: keepPreviousData,
    // No completion is no failure: the search itself says what is wrong.
    retry: false,
  });
  return head !== null && head === rested ? (data?.completions ?? NONE) : NONE;
}

function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MILLIS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

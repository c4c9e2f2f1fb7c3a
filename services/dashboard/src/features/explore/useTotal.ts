/** About how many records match, by the histogram. */

import { useQuery } from "@tanstack/react-query";
import { queries } from "@/api/clients";
import type { HistogramResponse } from "@/gen/logmesh/v1/query_service_pb";
import { type Span, timestampOf } from "@/lib/time";

/** The sum of all buckets, from the start of the first one. */
export function totalOf({ series }: HistogramResponse): number {
  return series.reduce((total, { counts }) => counts.reduce((sum, count) => sum + Number(count), total), 0);
}

export function totalQuery(filter: string, span: Span | null) {
  return {
    queryKey: ["total", filter, String(span?.start), String(span?.end)],
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      if (!span) return null;
      const request = { filter, startTime: timestampOf(span.start), endTime: timestampOf(span.end), buckets: 60 };
      const answer = await queries.histogram(request, { signal });
      const counted = answer.countedFrom ? answer.countedFrom.seconds * 1_000_000_000n : 0n;
      // A count that stopped on its way is no total.
      return counted > span.start ? null : totalOf(answer);
    },
    enabled: span !== null,
  };
}

/** Null while it is not known. */
export function useTotal(filter: string, span: Span | null): number | null {
  return useQuery(totalQuery(filter, span)).data ?? null;
}

/** One trace: what failed, who wrote when, and every log in order. The address holds what is shown and which log is open. */

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { queries } from "@/api/clients";
import { failureOf } from "@/api/failure";
import { TraceFailed } from "@/features/trace/TraceFailed";
import { TraceHead } from "@/features/trace/TraceHead";
import { NoTraceId, TraceUnknown } from "@/features/trace/TraceUnknown";
import { TraceView } from "@/features/trace/TraceView";
import { traceIdIn } from "@/features/trace/traceId";

const route = getRouteApi("/traces/$traceId");
/** The most that the gateway gives. */
const MOST = 10_000;

export function TracePage() {
  const { traceId: written } = route.useParams();
  const traceId = traceIdIn(written);
  const trace = useQuery({
    queryKey: ["trace", traceId],
    queryFn: ({ signal }) => queries.getTrace({ traceId: traceId ?? "", pageSize: MOST }, { signal }),
    enabled: traceId !== null,
  });
  const retry = () => void trace.refetch();
  const failure = trace.isError ? failureOf(trace.error) : null;

  if (traceId === null) return <NoTraceId written={written} />;
  if (trace.data && trace.data.records.length > 0) {
    return <TraceView key={traceId} traceId={traceId} trace={trace.data} failure={failure} onRefresh={retry} />;
  }
  return (
    <>
      <TraceHead traceId={traceId} onRefresh={retry} />
      {failure ? (
        <TraceFailed failure={failure} onRetry={retry} />
      ) : trace.data ? (
        <TraceUnknown traceId={traceId} />
      ) : (
        <p className="p-4 text-sm text-muted">Looking for the trace…</p>
      )}
    </>
  );
}

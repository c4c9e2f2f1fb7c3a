/** What a record's trace holds, in figures: whether it is worth following. Asked for when the record is opened. */

import { useQuery } from "@tanstack/react-query";
import { queries } from "@/api/clients";
import { failureOf } from "@/api/failure";
import type { GetTraceResponse } from "@/gen/logmesh/v1/query_service_pb";
import { counted } from "@/lib/format";
import { ERROR_NUMBER } from "@/lib/levels";
import { formatStretch } from "@/lib/offset";
import { serviceOf } from "@/lib/records";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";

/** A larger trace is summed up by so many of its records: the whole of it is for its own page to load. */
const MOST = 1_000;

/** `traceId` in hexadecimal. */
export function TraceSummary({ traceId }: { traceId: string }) {
  const trace = useQuery({
    queryKey: ["trace summary", traceId],
    queryFn: async ({ signal }) => figuresOf(await queries.getTrace({ traceId, pageSize: MOST }, { signal })),
  });
  if (trace.isPending) return <p className="text-sm text-muted">Looking…</p>;
  if (trace.isError) return <p className="text-sm text-bad">{failureOf(trace.error)?.message}</p>;
  const { logs, services, errors, duration, truncated } = trace.data;
  return (
    <div className="text-sm">
      {truncated && <p className="text-muted">Its first logs:</p>}
      <ul aria-label="The trace in figures" className="flex flex-wrap gap-x-3 tabular-nums">
        <li>{counted(logs, "log")}</li>
        <li>{counted(services.length, "service")}</li>
        <li className={cx(errors > 0 && "text-error")}>{counted(errors, "error")}</li>
        <li title="From its first log to its last">{formatStretch(duration)}</li>
      </ul>
      <p className="text-xs text-muted">{services.map(visible).join(", ")}</p>
    </div>
  );
}

/** The services stand in the order in which they first wrote; the duration is in nanoseconds. */
function figuresOf({ records, truncated }: GetTraceResponse) {
  return {
    logs: records.length,
    services: [...new Set(records.map(serviceOf))],
    errors: records.filter(({ severityNumber }) => severityNumber >= ERROR_NUMBER).length,
    duration: (records.at(-1)?.timeUnixNano ?? 0n) - (records[0]?.timeUnixNano ?? 0n),
    truncated,
  };
}

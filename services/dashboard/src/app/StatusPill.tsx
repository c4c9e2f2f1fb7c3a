/** The pipeline in three figures, on every page. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { pipeline } from "@/api/clients";
import { formatDuration, formatWhole } from "@/lib/format";
import { cx } from "@/ui/cx";

const EVERY_MILLIS = 5_000;

export function summaryQuery() {
  return {
    queryKey: ["pipeline", "summary"],
    queryFn: ({ signal }: { signal: AbortSignal }) => pipeline.getSummary({}, { signal }),
    refetchInterval: EVERY_MILLIS,
  };
}

export function StatusPill() {
  const { data, isError } = useQuery(summaryQuery());
  const lag = data?.lag ? Number(data.lag.seconds) + data.lag.nanos / 1e9 : 0;
  const trouble = data !== undefined && (data.lostBatches > 0n || data.processorsReady < data.processors);
  const text = isError
    ? "gateway away"
    : data
      ? `lag ${formatDuration(lag)} · lost ${formatWhole(data.lostBatches)}`
      : "…";
  return (
    <Link
      to="/pipeline"
      title="State of the pipeline"
      className={cx(
        "flex h-7 items-center gap-2 rounded-full border px-3 text-xs tabular-nums",
        isError || trouble ? "border-bad bg-bad-wash text-bad" : "border-line text-muted hover:bg-sunken",
      )}
    >
      <span aria-hidden className={cx("h-2 w-2 rounded-full", isError || trouble ? "bg-bad" : "bg-good")} />
      {text}
    </Link>
  );
}

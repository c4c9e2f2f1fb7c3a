import { formatDuration, formatWhole } from "@/lib/format";
import { cx } from "@/ui/cx";
import { LAG_SECONDS } from "./problems";
import type { Summary } from "./snapshot";

export interface HeadlineProps {
  summary: Summary | null;
  /** Records a second that reached the database; null until two polls tell. */
  storedRate: number | null;
  /** Whether the figures are from before, because nothing new is known. */
  old: boolean;
}

/** The pipeline in one line: `Lost 0 · unaccounted 0 · lag 0.8 s`. */
export function Headline({ summary, storedRate, old }: HeadlineProps) {
  if (!summary) return <p className="text-2xl text-muted">…</p>;
  const { lostBatches, unaccountedBatches, lagSeconds } = summary;
  const lag = lagSeconds === null ? "lag unknown" : `lag ${formatDuration(lagSeconds)}`;
  return (
    <div className={cx("flex flex-wrap items-baseline gap-x-4 gap-y-1", old && "text-muted")}>
      <p className="text-2xl font-semibold tracking-tight tabular-nums">
        <span className={cx(lostBatches > 0 && "text-bad")}>Lost {formatWhole(lostBatches)}</span>
        <Dot />
        <span className={cx(unaccountedBatches > 0 && "text-caution")}>unaccounted {formatWhole(unaccountedBatches)}</span>
        <Dot />
        <span className={cx(lagSeconds === null ? "text-bad" : lagSeconds >= LAG_SECONDS && "text-caution")}>{lag}</span>
      </p>
      <p className="text-sm text-muted tabular-nums">
        {old ? "as last known" : storedRate !== null && `${formatWhole(Math.round(storedRate))} records/s stored`}
      </p>
    </div>
  );
}

function Dot() {
  return <span className="font-normal text-muted"> · </span>;
}

/** How many records match, over time, by level or by the field that the address names. */

import { useQuery } from "@tanstack/react-query";
import { ZoomOut } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useCommands } from "@/app/commands";
import { useScope } from "@/app/scope";
import { absoluteRange, nowNanos, zoomOut } from "@/lib/time";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { GroupBy, useGroupBy } from "./GroupBy";
import { BucketPlot } from "./BucketPlot";
import { histogramQuery } from "./queries";
import { Trouble } from "./Trouble";

/** Pixels. */
const HEIGHT = 112;

export function Histogram() {
  const { filter, span, setRange } = useScope();
  const by = useGroupBy();
  const counts = useQuery(histogramQuery(filter, span, by));
  const out = useCallback(() => span && setRange(absoluteRange(zoomOut(span, nowNanos()))), [span, setRange]);
  useCommands(useMemo(() => [{ name: "Zoom out to twice the range", run: out }], [out]));

  return (
    <section aria-label="Records over time" aria-busy={counts.isFetching} className="relative border-b border-line bg-surface">
      <div className="absolute top-1 right-2 flex items-center gap-1">
        <GroupBy />
        <IconButton label="Zoom out" onClick={out} disabled={!span}>
          <ZoomOut aria-hidden size={16} />
        </IconButton>
      </div>
      {counts.isError ? (
        <div className="pt-9">
          <Trouble what="Counts" error={counts.error} onRetry={() => void counts.refetch()} />
        </div>
      ) : counts.data ? (
        <div className={cx(counts.isPlaceholderData && "opacity-60")}>
          <BucketPlot buckets={counts.data} height={HEIGHT} onSpan={(chosen) => setRange(absoluteRange(chosen))} />
        </div>
      ) : (
        <div className="px-3 pt-10 pb-2">
          <div className="animate-pulse rounded bg-sunken" style={{ height: HEIGHT }} />
        </div>
      )}
    </section>
  );
}

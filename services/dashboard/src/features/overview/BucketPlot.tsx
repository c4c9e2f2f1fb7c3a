/** The histogram's chart: brush it, or focus it and move through its buckets, to choose a range; the readout above tells what is marked. */

import { type KeyboardEvent, useId, useMemo, useState } from "react";
import { usePreferences } from "@/app/preferences";
import type { Span } from "@/lib/time";
import { Chart } from "@/ui/Chart";
import { bucketSentence, clock, summary } from "./bucketTexts";
import { type BucketCursor, cursorAfterKey } from "./cursor";
import { Readout } from "./Readout";
import { bucketAt, type Buckets, spanOf } from "./series";

interface BucketPlotProps {
  buckets: Buckets;
  /** Pixels. */
  height: number;
  onSpan: (span: Span) => void;
}

export function BucketPlot({ buckets, height, onSpan }: BucketPlotProps) {
  const { zone } = usePreferences();
  const described = useId();
  const [cursor, setCursor] = useState<BucketCursor | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const [alone, setAlone] = useState<string | null>(null);
  const lone = buckets.layers.find((layer) => layer.label === alone);
  const shown = useMemo(() => (lone ? [lone] : buckets.layers), [lone, buckets.layers]);
  const last = buckets.times.length - 1;
  // New counts may have fewer buckets than those that the cursor was set in.
  const marked = useMemo(
    () => (cursor && last >= 0 ? order(Math.min(cursor.anchor, last), Math.min(cursor.at, last)) : null),
    [cursor, last],
  );
  const told = marked ?? (hovered !== null && hovered <= last ? ([hovered, hovered] as const) : null);

  const pressed = (event: KeyboardEvent) => {
    const next = cursorAfterKey(cursor, event.key, event.shiftKey, buckets.times.length);
    if (next) setCursor(next);
    else if (event.key === "Enter" && marked) {
      onSpan(spanOf(buckets, ...marked));
      setCursor(null);
    } else if (event.key === "Escape" && cursor) setCursor(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <Readout buckets={buckets} told={told} zone={zone} alone={lone?.label ?? null} onAlone={setAlone} />
      <div
        role="slider"
        tabIndex={0}
        aria-label="Bucket of the histogram"
        aria-describedby={described}
        aria-valuemin={0}
        aria-valuemax={Math.max(last, 0)}
        aria-valuenow={marked ? (cursor?.at ?? 0) : Math.max(last, 0)}
        aria-valuetext={marked ? bucketSentence(buckets, ...marked, zone) : "no bucket chosen"}
        onKeyDown={pressed}
        onBlur={() => setCursor(null)}
        className="px-1 outline-offset-[-2px]"
      >
        <Chart
          summary={summary(buckets, shown, zone)}
          times={buckets.times}
          series={shown}
          look="bars"
          ghost={lone ? undefined : buckets.before?.values}
          height={height}
          utc={zone === "utc"}
          onBrush={(from, to) => onSpan(spanOf(buckets, bucketAt(buckets, from), bucketAt(buckets, to)))}
          onHover={setHovered}
          marked={marked}
        />
      </div>
      <p id={described} className="sr-only">
        {summary(buckets, shown, zone)} Arrows move through the buckets, Shift with an arrow marks several, Enter makes them the range.
      </p>
      {buckets.countedFrom === null && !buckets.isExact && buckets.total > 0 && (
        <p className="bg-caution-wash px-3 py-1 text-xs text-caution">
          This field has too many values to follow each: some records of a value may be among the other values.
        </p>
      )}
      {buckets.countedFrom !== null && (
        <p className="bg-caution-wash px-3 py-1 text-xs text-caution">
          Counted from {clock(buckets.countedFrom, buckets, zone)} on: time ran out before the rest. A narrower range or filter is counted whole.
        </p>
      )}
    </>
  );
}

function order(one: number, other: number): readonly [number, number] {
  return one < other ? [one, other] : [other, one];
}

/** The ruler above the lanes: offsets where time runs evenly, and how long each squeezed silence was. */

import { cx } from "@/ui/cx";
import { formatOffset, formatStretch } from "@/lib/offset";
import type { Axis, Segment } from "./axis";

/** Silences nearer to each other than this share one label: that of the first. */
const LABEL_DISTANCE = 0.14;
/** Beyond this a label would leave the axis, so it ends at its tick. */
const RIGHT_EDGE = 0.9;

export function TraceAxis({ axis }: { axis: Axis }) {
  const silences = axis.segments.filter(({ squeezed }) => squeezed);
  return (
    <div aria-hidden className="relative h-9 text-[11px] text-muted tabular-nums">
      {labelled(silences).map(({ from, to, left, right }) => (
        <span
          key={String(from)}
          className="absolute top-0 -translate-x-1/2 whitespace-nowrap text-ink"
          style={{ left: percent((left + right) / 2) }}
        >
          ‖ {formatStretch(to - from)}
        </span>
      ))}
      {axis.ticks.map(({ offset, position }, index) => (
        <span
          key={String(offset)}
          className={cx(
            "absolute bottom-0 border-line leading-4 whitespace-nowrap",
            position > RIGHT_EDGE ? "-translate-x-full border-r pr-1" : "border-l pl-1",
            // A narrow axis has room for every second label.
            index % 2 === 1 && "max-sm:hidden",
          )}
          style={{ left: percent(position) }}
        >
          {offset === 0n ? "0" : formatOffset(offset)}
        </span>
      ))}
    </div>
  );
}

function labelled(silences: readonly Segment[]): Segment[] {
  const chosen: Segment[] = [];
  for (const silence of silences) {
    const before = chosen.at(-1)?.left ?? Number.NEGATIVE_INFINITY;
    if (silence.left - before >= LABEL_DISTANCE) chosen.push(silence);
  }
  return chosen;
}

/** A part of one as CSS writes it. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`;
}

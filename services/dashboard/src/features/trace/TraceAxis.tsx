/** The ruler above the lanes: offsets where time runs evenly, and how long each squeezed silence was. */

import { formatOffset, formatStretch } from "./offset";
import type { Axis } from "./axis";

/** Beyond this a label would leave the axis, so it ends at its tick. */
const RIGHT_EDGE = 0.9;

export function TraceAxis({ axis }: { axis: Axis }) {
  const silences = axis.segments.filter(({ squeezed }) => squeezed);
  return (
    <div aria-hidden className="relative h-9 text-[11px] text-muted tabular-nums">
      {silences.map(({ from, to, left, right }) => (
        <span
          key={String(from)}
          title={`${formatStretch(to - from)} without a log`}
          className="absolute top-0 -translate-x-1/2 truncate px-0.5 text-center whitespace-nowrap text-ink"
          style={{ left: percent((left + right) / 2), width: percent(Math.max(right - left, 0.1)) }}
        >
          ⫽ {formatStretch(to - from)}
        </span>
      ))}
      {axis.ticks.map(({ offset, position }) => (
        <span
          key={String(offset)}
          className={
            position > RIGHT_EDGE
              ? "absolute bottom-0 -translate-x-full border-r border-line pr-1 leading-4"
              : "absolute bottom-0 border-l border-line pl-1 leading-4"
          }
          style={{ left: percent(position) }}
        >
          {offset === 0n ? "0" : formatOffset(offset)}
        </span>
      ))}
    </div>
  );
}

/** A part of one as CSS writes it. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`;
}

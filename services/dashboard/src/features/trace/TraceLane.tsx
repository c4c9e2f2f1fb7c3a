/** The lane of one service: its name, which shows it alone, and its bars and marks. */

import { memo } from "react";
import { counted } from "@/lib/format";
import { formatStretch } from "@/lib/offset";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";
import type { Axis } from "./axis";
import { LaneMarks, ROW_PIXELS } from "./LaneMarks";
import type { Lane } from "./lanes";
import { percent } from "./TraceAxis";
import type { Entry } from "./trace";

export interface TraceLaneProps {
  /** Pixels from the top of the lanes. */
  top: number;
  axis: Axis;
  lane: Lane;
  /** Whether this service alone is shown. */
  alone: boolean;
  onService: (service: string) => void;
  shown: ReadonlySet<Entry>;
  open: Entry | undefined;
  onOpen: (entry: Entry) => void;
}

const PADDING = 5;

/** Pixels. */
export function laneHeight({ rows }: Lane): number {
  return rows * ROW_PIXELS + PADDING;
}

export const TraceLane = memo(function TraceLane({ top, axis, lane, alone, onService, shown, open, onOpen }: TraceLaneProps) {
  return (
    <li
      className="absolute left-0 flex w-full items-stretch border-t border-line"
      style={{ height: laneHeight(lane), transform: `translateY(${top}px)` }}
    >
      <button
        type="button"
        aria-pressed={alone}
        title={`Show ${visible(lane.service)} alone`}
        onClick={() => onService(alone ? "" : lane.service)}
        className={cx(
          "flex w-28 shrink-0 items-center gap-1.5 rounded-sm px-1 text-left text-xs hover:bg-sunken sm:w-44",
          alone && "bg-accent-wash text-accent",
        )}
      >
        <span className="min-w-0 flex-1 truncate">{visible(lane.service)}</span>
        <span className="sr-only">
          {counted(lane.logs, "log")}, {counted(lane.errors, "error")}
        </span>
        <span aria-hidden className="text-error">
          {lane.errors > 0 && `${lane.errors} ✕`}
        </span>
        <span aria-hidden className={cx("tabular-nums", !alone && "text-muted")}>
          {lane.logs}
        </span>
      </button>
      <div className="relative min-w-0 flex-1 overflow-hidden px-2">
        <div className="relative h-full">
          <Silences axis={axis} />
          <LaneMarks lane={lane} shown={shown} open={open} onOpen={onOpen} />
        </div>
      </div>
    </li>
  );
});

/** Where time is squeezed, hatched through every lane. */
function Silences({ axis }: { axis: Axis }) {
  return axis.segments
    .filter(({ squeezed }) => squeezed)
    .map(({ from, to, left, right }) => (
      <span
        key={String(from)}
        title={`${formatStretch(to - from)} without a log`}
        className="absolute inset-y-0 border-x border-dashed border-line bg-[repeating-linear-gradient(135deg,var(--line)_0_1px,transparent_1px_5px)]"
        style={{ left: percent(left), width: percent(right - left) }}
      />
    ));
}

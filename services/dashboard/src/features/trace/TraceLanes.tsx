/** A trace at a glance: services as lanes, spans as bars, logs as marks. The list below says the same in words and for keys. */

import { cx } from "@/ui/cx";
import { visible } from "@/lib/text";
import type { Axis } from "./axis";
import { formatStretch } from "./offset";
import { counted } from "./summary";
import type { Lane } from "./lanes";
import { LaneMarks } from "./LaneMarks";
import { percent, TraceAxis } from "./TraceAxis";
import type { Entry } from "./trace";

export interface TraceLanesProps {
  axis: Axis;
  lanes: readonly Lane[];
  /** The service that is shown alone; empty for all. */
  service: string;
  onService: (service: string) => void;
  isShown: (entry: Entry) => boolean;
  /** The log that is open. */
  open: Entry | undefined;
  onOpen: (entry: Entry) => void;
}

export function TraceLanes({ axis, lanes, service, onService, isShown, open, onOpen }: TraceLanesProps) {
  return (
    <section aria-label="Services over time" className="border-b border-line bg-surface px-3 pb-2">
      <div className="flex">
        <span className="w-28 shrink-0 sm:w-44" />
        <div className="min-w-0 flex-1 px-2">
          <TraceAxis axis={axis} />
        </div>
      </div>
      {/* What scrolls is reachable by its buttons. */}
      <ul className="max-h-[24vh] overscroll-contain sm:max-h-[34vh] overflow-y-auto">
        {lanes.map((lane) => (
          <li key={lane.service} className="flex items-stretch border-t border-line">
            <button
              type="button"
              aria-pressed={service === lane.service}
              title={`Show ${visible(lane.service)} alone`}
              onClick={() => onService(service === lane.service ? "" : lane.service)}
              className={cx(
                "flex w-28 shrink-0 items-center gap-1.5 rounded-sm px-1 text-left text-xs hover:bg-sunken sm:w-44",
                service === lane.service && "bg-accent-wash text-accent",
              )}
            >
              <span className="min-w-0 flex-1 truncate">{visible(lane.service)}</span>
              <span className="sr-only">
                {counted(lane.logs, "log")}, {counted(lane.errors, "error")}
              </span>
              <span aria-hidden className="text-error">
                {lane.errors > 0 && `${lane.errors} ✕`}
              </span>
              <span aria-hidden className={cx("tabular-nums", service !== lane.service && "text-muted")}>
                {lane.logs}
              </span>
            </button>
            <div className="relative min-w-0 flex-1 overflow-hidden px-2">
              <div className="relative" style={{ height: `${lane.rows * 20 + 4}px` }}>
                <Silences axis={axis} />
                <LaneMarks lane={lane} isShown={isShown} open={open} onOpen={onOpen} />
              </div>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

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

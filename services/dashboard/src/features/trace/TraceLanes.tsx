/**
 * A trace at a glance: services as lanes, spans as bars, logs as marks. The list below says the same in words and for keys.
 * Only the lanes in sight are drawn: a trace of a whole job has more marks than a browser draws at once.
 */

import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useRef } from "react";
import type { Axis } from "./axis";
import type { Lane } from "./lanes";
import { laneHeight, TraceLane } from "./TraceLane";
import { TraceAxis } from "./TraceAxis";
import type { Entry } from "./trace";

export interface TraceLanesProps {
  axis: Axis;
  lanes: readonly Lane[];
  /** The service that is shown alone; empty for all. */
  service: string;
  onService: (service: string) => void;
  /** The logs that are shown; the marks of the others are faint. */
  shown: ReadonlySet<Entry>;
  /** The log that is open. */
  open: Entry | undefined;
  onOpen: (entry: Entry) => void;
}

export const TraceLanes = memo(function TraceLanes({ axis, lanes, service, onService, shown, open, onOpen }: TraceLanesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // The lanes are drawn from the virtualiser anew each time they scroll; nothing memoised reads it.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: lanes.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => laneHeight(lanes[index]!),
    getItemKey: (index) => lanes[index]!.service,
    overscan: 1,
  });
  return (
    <section aria-label="Services over time" className="border-b border-line bg-surface px-3 pb-2">
      <div className="flex">
        <span className="w-28 shrink-0 sm:w-44" />
        <div className="min-w-0 flex-1 px-2">
          <TraceAxis axis={axis} />
        </div>
      </div>
      <div ref={scroller} className="max-h-[24vh] overflow-y-auto overscroll-contain sm:max-h-[34vh]">
        <ul className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => (
            <TraceLane
              key={item.key}
              top={item.start}
              axis={axis}
              lane={lanes[item.index]!}
              alone={lanes[item.index]!.service === service}
              onService={onService}
              shown={shown}
              open={open}
              onOpen={onOpen}
            />
          ))}
        </ul>
      </div>
    </section>
  );
});

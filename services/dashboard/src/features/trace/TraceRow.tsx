/** One log of a trace's list: how long after the start, after which gap, level, service, span, line. */

import type { KeyboardEvent } from "react";
import { type Zone, formatDateTime } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { formatOffset, formatStretch } from "@/lib/offset";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";
import { Guard } from "@/ui/Guard";
import { LevelMark } from "@/ui/LevelMark";
import { Line } from "@/features/records/Line";
import { WRAPPED } from "@/features/records/RecordRow";
import type { Shown } from "./shown";

const SPAN_DIGITS = 6;

export interface TraceRowProps {
  index: number;
  shown: Shown;
  /** The text that was looked for. */
  find: string;
  /** Pixels from the top of the list. */
  top: number;
  /** Whether it holds the tab stop. */
  active: boolean;
  measure: ((element: HTMLElement | null) => void) | undefined;
  zone: Zone;
  wrap: boolean;
  onKeyDown: (event: KeyboardEvent) => void;
  onOpen: () => void;
}

export function TraceRow({ index, shown, find, top, active, measure, zone, wrap, onKeyDown, onOpen }: TraceRowProps) {
  const { entry, gap, afterSilence } = shown;
  const { record } = entry;
  return (
    <div
      ref={measure}
      role="row"
      aria-rowindex={index + 1}
      data-index={index}
      tabIndex={active ? 0 : -1}
      onClick={onOpen}
      onKeyDown={onKeyDown}
      className={cx("absolute left-0 w-full cursor-default text-sm leading-6", active ? "bg-accent-wash" : "hover:bg-sunken")}
      style={{ transform: `translateY(${top}px)` }}
    >
      {afterSilence && (
        <div role="cell" className="h-6 border-y border-dashed border-line bg-sunken px-3 text-xs leading-6 text-muted">
          ‖ {formatStretch(gap)} later
        </div>
      )}
      <Guard of={record.id} fallback={<span role="cell" className="px-3 text-bad">This record can't be shown: {visible(record.id)}</span>}>
        <Cells shown={shown} isFirst={index === 0} find={find} zone={zone} wrap={wrap} />
      </Guard>
    </div>
  );
}

type CellsProps = Pick<TraceRowProps, "shown" | "find" | "zone" | "wrap"> & { isFirst: boolean };

function Cells({ shown: { entry, gap, afterSilence }, isFirst, find, zone, wrap }: CellsProps) {
  const { record, service, span, offset } = entry;
  return (
    <div className="flex items-start gap-2 px-3">
      <span
        role="cell"
        title={formatDateTime(record.timeUnixNano, zone)}
        className="w-18 shrink-0 text-right font-mono text-xs leading-6 whitespace-nowrap tabular-nums"
      >
        {formatOffset(offset)}
      </span>
      <span
        role="cell"
        title="Since the log above"
        className="hidden w-18 shrink-0 text-right font-mono text-xs leading-6 text-muted tabular-nums md:block"
      >
        {!isFirst && !afterSilence && `Δ ${formatStretch(gap)}`}
      </span>
      <span role="cell" className="flex h-6 shrink-0 items-center">
        <LevelMark level={levelOf(record.severityNumber)} />
      </span>
      <span role="cell" className="w-20 shrink-0 truncate text-muted sm:w-32">
        {visible(service)}
      </span>
      <span role="cell" title={span && `Span ${span}`} className="hidden w-14 shrink-0 font-mono text-xs leading-6 text-muted xl:block">
        {span.slice(0, SPAN_DIGITS)}
      </span>
      <span role="cell" className={cx("min-w-0 flex-1 font-mono text-xs leading-6", wrap ? WRAPPED : "truncate")}>
        <Line body={record.body} find={find} wrap={wrap} />
      </span>
    </div>
  );
}

/** One row of a list of records: time, level, service, further columns, line. */

import type { KeyboardEvent } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { type Zone, formatDateTime, formatTime } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { serviceOf } from "@/lib/records";
import { listLine, visible } from "@/lib/text";
import { LevelMark } from "@/ui/LevelMark";
import { cx } from "@/ui/cx";
import type { RecordColumn } from "./RecordList";

interface RecordRowProps {
  index: number;
  record: LogRecord | undefined;
  /** Pixels from the top of the list. */
  top: number;
  /** Whether it holds the tab stop. */
  active: boolean;
  /** Measures the row when its height depends on its line. */
  measure: ((element: HTMLElement | null) => void) | undefined;
  zone: Zone;
  wrap: boolean;
  columns: readonly RecordColumn[];
  onKeyDown: (event: KeyboardEvent) => void;
  onOpen: () => void;
}

export function RecordRow({ index, record, top, active, measure, zone, wrap, columns, onKeyDown, onOpen }: RecordRowProps) {
  return (
    <div
      ref={measure}
      role="row"
      aria-rowindex={index + 1}
      data-index={index}
      tabIndex={active ? 0 : -1}
      onClick={onOpen}
      onKeyDown={onKeyDown}
      className={cx(
        "absolute left-0 flex w-full cursor-default items-start gap-2 px-3 text-sm leading-6",
        wrap ? "min-h-6" : "h-6",
        active ? "bg-accent-wash" : "hover:bg-sunken",
      )}
      style={{ transform: `translateY(${top}px)` }}
    >
      {record ? (
        <>
          <span role="cell" className="shrink-0 font-mono text-xs leading-6 text-muted" title={formatDateTime(record.timeUnixNano, zone)}>
            {formatTime(record.timeUnixNano, zone)}
          </span>
          <span role="cell" className="flex h-6 shrink-0 items-center">
            <LevelMark level={levelOf(record.severityNumber)} />
          </span>
          <span role="cell" className="w-24 shrink-0 truncate text-muted sm:w-36">
            {visible(serviceOf(record))}
          </span>
          {columns.map((column) => (
            <span key={column.name} role="cell" className="w-32 shrink-0 truncate" title={column.name}>
              {column.value(record)}
            </span>
          ))}
          <span role="cell" className={cx("min-w-0 flex-1 font-mono text-xs leading-6", wrap ? "break-all" : "truncate")}>
            {listLine(record.body)}
          </span>
        </>
      ) : (
        <span role="cell" className="text-muted">
          On its way…
        </span>
      )}
    </div>
  );
}

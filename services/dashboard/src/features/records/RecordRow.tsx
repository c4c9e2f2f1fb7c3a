/** One row of a list of records: time, level, service, further columns, line. */

import type { KeyboardEvent, MouseEvent } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { type Zone, formatDateTime, formatTime } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { serviceOf } from "@/lib/records";
import { visible } from "@/lib/text";
import { Guard } from "@/ui/Guard";
import { LevelMark } from "@/ui/LevelMark";
import { cx } from "@/ui/cx";
import { Line } from "./Line";
import type { RecordColumn } from "./RecordList";

/** A line that goes on below, with the lines that it has itself. */
export const WRAPPED = "[overflow-wrap:anywhere] whitespace-pre-wrap";

interface RecordRowProps {
  index: number;
  /** Its place among all rows of the table, headings included, from 1. */
  position: number;
  record: LogRecord | undefined;
  /** Pixels from the top of the list. */
  top: number;
  /** Whether it holds the tab stop. */
  active: boolean;
  selected: boolean;
  /** Measures the row when its height depends on its line. */
  measure: ((element: HTMLElement | null) => void) | undefined;
  zone: Zone;
  wrap: boolean;
  columns: readonly RecordColumn[];
  /** A text to mark in the line. */
  find: string;
  onKeyDown: (event: KeyboardEvent) => void;
  onClick: (event: MouseEvent) => void;
}

export function RecordRow({ index, position, record, top, active, selected, measure, ...rest }: RecordRowProps) {
  const { zone, wrap, columns, find, onKeyDown, onClick } = rest;
  return (
    <div
      ref={measure}
      role="row"
      aria-rowindex={position}
      aria-selected={selected || undefined}
      data-index={index}
      data-record-id={record?.id || undefined}
      tabIndex={active ? 0 : -1}
      onClick={onClick}
      onKeyDown={onKeyDown}
      className={cx(
        "absolute left-0 flex w-full cursor-default items-start gap-2 px-3 text-sm leading-6",
        wrap ? "min-h-6" : "h-6",
        active ? "bg-accent-wash" : selected ? "bg-sunken" : "hover:bg-sunken",
        selected && "shadow-[inset_3px_0_0_var(--accent)]",
      )}
      style={{ transform: `translateY(${top}px)` }}
    >
      {record ? (
        <Guard of={record.id} fallback={<span role="cell" className="text-bad">This record can't be shown: {visible(record.id)}</span>}>
          <Cells record={record} zone={zone} wrap={wrap} columns={columns} find={find} />
        </Guard>
      ) : (
        <span role="cell" className="text-muted">
          On its way…
        </span>
      )}
    </div>
  );
}

type CellsProps = Pick<RecordRowProps, "zone" | "wrap" | "columns" | "find"> & { record: LogRecord };

function Cells({ record, zone, wrap, columns, find }: CellsProps) {
  return (
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
      <span role="cell" className={cx("flex-1 font-mono text-xs leading-6", columns.length > 0 ? "min-w-48" : "min-w-0", wrap ? WRAPPED : "truncate")}>
        <Line body={record.body} find={find} wrap={wrap} />
      </span>
    </>
  );
}

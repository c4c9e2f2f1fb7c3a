/**
 * A virtualised list of log records. Only the rows in sight are drawn, and measured when lines wrap.
 * The list is one tab stop: one row holds it, and the keys move it.
 */

import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, type ReactNode, type Ref, useCallback, useImperativeHandle, useRef } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import type { Zone } from "@/lib/format";
import { isMarking } from "@/lib/marking";
import { cx } from "@/ui/cx";
import { Headings } from "./Headings";
import { RecordRow } from "./RecordRow";
import { rowAfterKey, withRow } from "./roving";

/** Rows by index, so that an array and a ring in a worker can feed the same list. */
export interface RecordRows {
  readonly count: number;
  /** The record of a row from 0, or undefined while it is on its way. */
  at: (index: number) => LogRecord | undefined;
}

/** One column more than time, level, service and line. */
export interface RecordColumn {
  readonly name: string;
  value: (record: LogRecord) => ReactNode;
}

export interface RecordListHandle {
  /** Scroll to a row, and give it the focus if asked to. */
  reveal: (index: number, focus: boolean) => void;
}

export interface RecordListProps {
  handle?: Ref<RecordListHandle>;
  /** What the list is, for those who hear it. */
  label: string;
  rows: RecordRows;
  /** The row that holds the tab stop, from 0. */
  active: number;
  onActive: (index: number) => void;
  onOpen: (index: number) => void;
  zone: Zone;
  /** Whether long lines go on below. */
  wrap: boolean;
  columns?: readonly RecordColumn[];
  /** Whether a row of the columns' names stands on top. */
  headings?: boolean;
  /** A text to mark in the lines. */
  find?: string;
  /** Ids of the selected records. */
  selected?: ReadonlySet<string>;
  /** Select a row or give it up; `extend` selects from the active row up to it. Space and clicks with Ctrl or Shift do. */
  onSelect?: (index: number, extend: boolean) => void;
}

const ROW_PIXELS = 24;
const NO_COLUMNS: readonly RecordColumn[] = [];

export function RecordList({ rows, active, onActive, onOpen, onSelect, wrap, columns = NO_COLUMNS, ...rest }: RecordListProps) {
  const { handle, label, zone, headings = false, find = "", selected } = rest;
  const scroller = useRef<HTMLDivElement>(null);
  const tabStop = Math.min(Math.max(active, 0), rows.count - 1);
  // A new function would make the virtualiser place every row again, so it is new with new rows alone.
  const keyOf = useCallback((index: number) => rows.at(index)?.id || index, [rows]);
  // The list is drawn from the virtualiser anew each time it scrolls; nothing memoised reads it.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PIXELS,
    overscan: 8,
    getItemKey: keyOf,
    rangeExtractor: (range) => withRow(defaultRangeExtractor(range), tabStop, rows.count),
  });

  const reveal = (index: number, focus: boolean) => {
    virtual.scrollToIndex(index);
    // The row may be drawn only once the list has scrolled.
    if (focus) requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());
  };
  useImperativeHandle(handle, () => ({ reveal }));

  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PIXELS) - 1);
    const next = rowAfterKey(event.key, tabStop, rows.count, page);
    if (next !== null) {
      if (event.shiftKey) onSelect?.(next, true);
      onActive(next);
      reveal(next, true);
    } else if (event.key === "Enter" && rows.count > 0) onOpen(tabStop);
    else if (event.key === " " && onSelect && rows.count > 0) onSelect(tabStop, false);
    else return;
    event.preventDefault();
  };

  const clicked = (index: number, event: MouseEvent) => {
    if (onSelect && (event.shiftKey || event.ctrlKey || event.metaKey)) onSelect(index, event.shiftKey);
    else if (!isMarking()) onOpen(index);
    onActive(index);
  };

  return (
    <div ref={scroller} className="h-full overflow-auto bg-surface">
      <div role="table" aria-label={label} aria-rowcount={rows.count + (headings ? 1 : 0)} className={cx(!wrap && "min-w-full")}>
        {headings && <Headings columns={columns} />}
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => (
            <RecordRow
              key={item.key}
              index={item.index}
              position={item.index + (headings ? 2 : 1)}
              record={rows.at(item.index)}
              top={item.start}
              active={item.index === tabStop}
              selected={selected?.has(rows.at(item.index)?.id ?? "") ?? false}
              measure={wrap ? virtual.measureElement : undefined}
              zone={zone}
              wrap={wrap}
              columns={columns}
              find={find}
              onKeyDown={pressed}
              onClick={(event) => clicked(item.index, event)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

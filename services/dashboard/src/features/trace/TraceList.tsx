/**
 * The logs of a trace in order of time. Only the rows in sight are drawn; the list is one tab stop, and the keys move it.
 * Unlike a list of results it counts time from the trace's start, and says where nothing was logged.
 */

import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useRef } from "react";
import { rowAfterKey, withRow } from "@/features/records/roving";
import type { Zone } from "@/lib/format";
import { isMarking } from "@/lib/marking";
import type { Shown } from "./shown";
import { TraceRow } from "./TraceRow";

export interface TraceListProps {
  rows: readonly Shown[];
  find: string;
  /** The row that holds the tab stop, from 0; the list scrolls to it when it changes. */
  active: number;
  onActive: (index: number) => void;
  onOpen: (index: number) => void;
  zone: Zone;
  wrap: boolean;
}

const ROW_PIXELS = 24;

export function TraceList({ rows, find, active, onActive, onOpen, zone, wrap }: TraceListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const tabStop = Math.min(Math.max(active, 0), rows.length - 1);
  const keyOf = useCallback((index: number) => rows[index]?.entry.record.id || index, [rows]);
  const sizeOf = useCallback((index: number) => (rows[index]?.afterSilence ? 2 * ROW_PIXELS : ROW_PIXELS), [rows]);
  // The list is drawn from the virtualiser anew each time it scrolls; nothing memoised reads it.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: sizeOf,
    overscan: 8,
    getItemKey: keyOf,
    rangeExtractor: (range) => withRow(defaultRangeExtractor(range), tabStop, rows.length),
  });
  const { scrollToIndex } = virtual;
  useEffect(() => {
    if (tabStop >= 0) scrollToIndex(tabStop);
  }, [tabStop, scrollToIndex]);

  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PIXELS) - 1);
    const next = rowAfterKey(event.key, tabStop, rows.length, page);
    if (next !== null) {
      onActive(next);
      // The row may be drawn only once the list has scrolled.
      requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
    } else if (event.key === "Enter") onOpen(tabStop);
    else return;
    event.preventDefault();
  };

  return (
    <div ref={scroller} className="h-full min-h-0 flex-1 overflow-auto bg-surface">
      <div role="table" aria-label="Logs of the trace" aria-rowcount={rows.length} className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => (
          <TraceRow
            key={item.key}
            index={item.index}
            shown={rows[item.index]!}
            find={find}
            top={item.start}
            active={item.index === tabStop}
            measure={wrap ? virtual.measureElement : undefined}
            zone={zone}
            wrap={wrap}
            onKeyDown={pressed}
            onOpen={() => {
              onActive(item.index);
              if (!isMarking()) onOpen(item.index);
            }}
          />
        ))}
      </div>
    </div>
  );
}

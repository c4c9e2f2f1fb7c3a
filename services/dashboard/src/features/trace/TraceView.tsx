/** A trace that was found: figures, errors first, lanes, what to show, and the logs in order, one of them open beside. */

import { useDeferredValue, useEffect, useMemo, useRef } from "react";
import type { Failure } from "@/api/failure";
import { useKeys } from "@/app/keys";
import { usePreferences } from "@/app/preferences";
import { ndjsonOf, save } from "@/features/records/ndjson";
import { RecordPanel } from "@/features/records/RecordPanel";
import type { GetTraceResponse } from "@/gen/logmesh/v1/query_service_pb";
import { axisOf } from "./axis";
import { copied } from "./CopyButton";
import { ErrorsFirst } from "./ErrorsFirst";
import { lanesOf } from "./lanes";
import { summaryOf } from "./summary";
import { entriesOf, isError, servicesOf } from "./trace";
import { TraceFilter } from "./TraceFilter";
import { TraceHead } from "./TraceHead";
import { TraceLanes } from "./TraceLanes";
import { TraceList } from "./TraceList";
import { TraceNotes } from "./TraceNotes";
import { useTraceView } from "./useTraceView";

export interface TraceViewProps {
  traceId: string;
  trace: GetTraceResponse;
  /** Why asking again failed. */
  failure: Failure | null;
  onRefresh: () => void;
}

export function TraceView({ traceId, trace, failure, onRefresh }: TraceViewProps) {
  const { zone, wrap } = usePreferences();
  const entries = useMemo(() => entriesOf(trace.records), [trace]);
  const axis = useMemo(() => axisOf(entries.map(({ offset }) => offset)), [entries]);
  const lanes = useMemo(() => lanesOf(entries, axis), [entries, axis]);
  const errors = useMemo(() => entries.filter(isError), [entries]);
  const services = useMemo(() => servicesOf(entries), [entries]);
  const { choice, rows, open, active, setActive, choose, showService, openEntry } = useTraceView(entries);
  // Typing and the list come first; the faintness of marks may follow.
  const shown = useDeferredValue(useMemo(() => new Set(rows.map(({ entry }) => entry)), [rows]));
  const findInput = useRef<HTMLInputElement>(null);
  // The address follows the keys a moment later, so while the reader types the field holds what was typed.
  useEffect(() => {
    const field = findInput.current;
    if (field && field !== document.activeElement) field.value = choice.find;
  }, [choice.find]);
  const listFrame = useRef<HTMLDivElement>(null);

  // The row may be drawn only once the list has scrolled to it.
  const focusRow = () =>
    requestAnimationFrame(() => listFrame.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]')?.focus());
  const step = (by: number) => {
    setActive(Math.min(Math.max(active + by, 0), rows.length - 1));
    focusRow();
  };
  const close = () => {
    if (!open) return;
    openEntry(undefined);
    focusRow();
  };
  useKeys({
    "/": () => findInput.current?.focus(),
    r: onRefresh,
    j: () => step(1),
    k: () => step(-1),
    Escape: close,
  });
  const exportShown = () => save(`trace-${traceId}.ndjson`, ndjsonOf(rows.map(({ entry }) => entry.record)));

  return (
    <div className="flex h-full">
      <div className="flex min-w-0 flex-1 flex-col">
        <TraceHead traceId={traceId} summary={summaryOf(entries, trace.cached, zone)} onRefresh={onRefresh} onExport={exportShown} />
        <TraceNotes traceId={traceId} entries={entries} truncated={trace.truncated} failure={failure} />
        <ErrorsFirst errors={errors} onGo={openEntry} />
        <TraceLanes
          axis={axis}
          lanes={lanes}
          service={choice.service}
          onService={showService}
          shown={shown}
          open={open}
          onOpen={openEntry}
        />
        <TraceFilter choice={choice} services={services} shown={rows.length} all={entries.length} findInput={findInput} onChange={choose} />
        <div ref={listFrame} className="min-h-48 flex-1 max-sm:min-h-[70vh]">
          {rows.length > 0 ? (
            <TraceList
              key={String(wrap)}
              rows={rows}
              find={choice.find}
              active={active}
              onActive={setActive}
              onOpen={(row) => openEntry(rows[row]?.entry)}
              zone={zone}
              wrap={wrap}
            />
          ) : (
            <p className="p-4 text-sm text-muted">No log of this trace is like that.</p>
          )}
        </div>
      </div>
      {open && (
        <div className="fixed inset-0 z-40 lg:static lg:w-96 lg:shrink-0">
          <RecordPanel record={open.record} zone={zone} onClose={close} onCopy={(text) => void copied(text)} />
        </div>
      )}
    </div>
  );
}

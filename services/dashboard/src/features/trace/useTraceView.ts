/** What of a trace is shown and which log is open, both held by the address; the row of the keys is the page's own. */

import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { type Choice, type Shown, shownOf } from "./shown";
import type { Entry } from "./trace";

const route = getRouteApi("/traces/$traceId");

export interface TraceViewState {
  choice: Choice;
  rows: readonly Shown[];
  /** The log that is open. */
  open: Entry | undefined;
  /** The row that holds the tab stop. */
  active: number;
  setActive: (row: number) => void;
  choose: (change: Partial<Choice>) => void;
  /** Shows this service alone, or all for an empty name. */
  showService: (service: string) => void;
  openEntry: (entry: Entry | undefined) => void;
}

export function useTraceView(entries: readonly Entry[]): TraceViewState {
  const { find = "", service = "", level = "", row } = route.useSearch();
  const navigate = route.useNavigate();
  const choice = useMemo(() => ({ find, service, level }), [find, service, level]);
  const rows = useMemo(() => shownOf(entries, choice), [entries, choice]);
  const open = useMemo(() => entries.find(({ record }) => record.id === row), [entries, row]);
  const [at, setAt] = useState<string | undefined>(row);
  const active = Math.max(rows.findIndex(({ entry }) => entry.record.id === at), 0);

  const setActive = useCallback((next: number) => setAt(rows[next]?.entry.record.id), [rows]);
  const choose = useCallback(
    // Typing must not fill the history.
    (change: Partial<Choice>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true }),
    [navigate],
  );
  const showService = useCallback((only: string) => choose({ service: only }), [choose]);
  const openEntry = useCallback(
    (entry: Entry | undefined) => {
      const hidden = entry !== undefined && !rows.some((shown) => shown.entry === entry);
      if (entry) setAt(entry.record.id);
      void navigate({
        search: (before) => ({
          ...before,
          row: entry?.record.id,
          ...(hidden ? { find: undefined, service: undefined, level: undefined } : {}),
        }),
        replace: true,
      });
    },
    [navigate, rows],
  );
  return { choice, rows, open, active, setActive, choose, showService, openEntry };
}

/** What Explore's address holds beside filter and range: the tab, the open row and when it was written, the columns. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { type Nanos, parseMoment, toRfc3339 } from "@/lib/time";

export const TABS = ["logs", "patterns", "table"] as const;
export type Tab = (typeof TABS)[number];

export interface Address {
  tab: Tab;
  /** Id of the open record; empty for none. */
  row: string;
  /** When it was written; null when the address does not say. */
  at: Nanos | null;
  columns: string;
  setTab: (tab: Tab) => void;
  /** Shows the table when there is a column to show. */
  setColumns: (columns: string) => void;
  open: (record: LogRecord) => void;
  close: () => void;
}

type Texts = Partial<Record<"tab" | "row" | "at" | "columns", string>>;

export function useAddress(): Address {
  const search: Texts = useSearch({ strict: false });
  const navigate = useNavigate();
  const { row = "", at = "", columns = "" } = search;

  const change = useCallback(
    (next: Texts, replace: boolean) => {
      void navigate({ to: ".", replace, search: (before: Record<string, unknown>) => ({ ...before, ...next }) });
    },
    [navigate],
  );
  const isOpen = row !== "";
  return {
    tab: TABS.find((tab) => tab === search.tab) ?? "logs",
    row,
    at: useMemo(() => (at ? parseMoment(at, 0n) : null), [at]),
    columns,
    setTab: (tab) => change({ tab: tab === "logs" ? "" : tab }, true),
    setColumns: (next) => change({ columns: next, ...(next ? { tab: "table" } : {}) }, true),
    // Going back closes the panel; it does not walk through every row that was looked at.
    open: (record) => change({ row: record.id, at: toRfc3339(record.timeUnixNano) }, isOpen),
    close: () => change({ row: "", at: "" }, true),
  };
}

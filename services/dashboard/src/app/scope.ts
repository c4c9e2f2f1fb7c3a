/** Filter and time range, which all pages share through the address. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { onSkew } from "@/lib/clock";
import { createStore, useStore } from "@/lib/store";
import { LAST_15_MINUTES, nowNanos, type RangeText, resolveRange, type Span } from "@/lib/time";
import { usePreferences } from "./preferences";
import { rangeOf, type Scope } from "./search";

export interface ScopeState {
  /** The filter's text; empty for everything. */
  filter: string;
  range: RangeText;
  /** What the range meant when it was last asked for; null when the address holds nonsense. */
  span: Span | null;
  setFilter: (filter: string) => void;
  setRange: (range: RangeText) => void;
  /** Ask again: a relative range moves on to now. */
  refresh: () => void;
}

/** When the page was last asked to look again. All of its questions mean the same moment by "now". */
const asked = createStore(nowNanos());

export function refresh(): void {
  asked.set(nowNanos());
}

// What was asked by a clock that turned out to be wrong is asked again.
onSkew(refresh);

export function useScope(): ScopeState {
  const search: Scope = useSearch({ strict: false });
  const navigate = useNavigate();
  const now = useStore(asked);
  const { from, to } = rangeOf(search);
  const range = useMemo(() => ({ from, to }), [from, to]);
  const { zone } = usePreferences();
  const span = useMemo(() => resolveRange(range, now, zone), [range, now, zone]);

  const change = useCallback(
    (next: Scope) => {
      refresh();
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, row: undefined, at: undefined, ...next }),
      });
    },
    [navigate],
  );
  const setFilter = useCallback((filter: string) => change({ q: filter.trim() }), [change]);
  const setRange = useCallback(
    (next: RangeText) => {
      const isDefault = next.from === LAST_15_MINUTES.from && next.to === LAST_15_MINUTES.to;
      change(isDefault ? { from: "", to: "" } : next);
    },
    [change],
  );
  return { filter: search.q ?? "", range, span, setFilter, setRange, refresh };
}

/** The state of the results: rows, the active one, the open one, what is selected and what is found. */

import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { RecordListHandle } from "@/features/records/RecordList";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import type { Nanos, Span } from "@/lib/time";
import { foundRows, nextFound } from "./find";
import { type Address, useAddress } from "./useAddress";
import { type OpenRecord, useOpenRecord } from "./useOpenRecord";
import { type Search, useResults } from "./useResults";
import { type Selection, useSelection } from "./useSelection";

export interface Explore {
  address: Address;
  search: Search;
  /** The range that is searched; it ends at a linked row that the first page did not have. */
  searched: Span | null;
  /** Set when the list begins at a linked row; gives the newer rows back. */
  showNewest: (() => void) | null;
  open: OpenRecord;
  list: RefObject<RecordListHandle | null>;
  /** The row that holds the tab stop. */
  active: number;
  setActive: (index: number) => void;
  /** Make a row the active one, scroll to it and focus it. */
  go: (index: number) => void;
  openRow: (index: number) => void;
  selection: Selection;
  find: Find;
}

export interface Find {
  /** Null while the field is closed. */
  text: string | null;
  setText: (text: string | null) => void;
  found: readonly number[];
  step: (backwards: boolean) => void;
}

/** Where the list of a scope begins; null when its reader wants the newest rows after all. */
interface Anchor {
  of: string;
  at: Nanos | null;
}

export function useExplore(filter: string, span: Span | null): Explore {
  const address = useAddress();
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  const scope = `${span?.start}-${span?.end} ${filter}`;
  const decided = anchor?.of === scope;
  const anchored = decided ? anchor.at : null;
  const searched = useMemo(
    () => (span && anchored !== null ? { start: span.start, end: anchored + 1n } : span),
    [span, anchored],
  );
  const search = useResults(filter, searched);
  const { rows } = search.results;
  const settled = search.current && search.status !== "streaming";

  const open = useOpenRecord(address.row, address.at, rows, settled || search.status === "failed");
  const openIndex = useMemo(() => (address.row ? rows.findIndex(({ id }) => id === address.row) : -1), [rows, address.row]);
  const written = open.record?.timeUnixNano ?? 0n;
  const missing = open.linked && open.record !== null && settled && openIndex < 0 && !decided;
  if (missing && span && written >= span.start && written < span.end) setAnchor({ of: scope, at: written });

  const list = useRef<RecordListHandle>(null);
  const [chosen, setChosen] = useState("");
  const activeId = chosen || address.row;
  const active = useMemo(() => Math.max(rows.findIndex(({ id }) => id === activeId), 0), [rows, activeId]);
  const setActive = (index: number) => setChosen(rows[index]?.id ?? "");
  const go = (index: number) => {
    setActive(index);
    list.current?.reveal(index, true);
  };
  const selection = useSelection(rows, active);
  useEffect(() => {
    if (open.linked && openIndex >= 0) list.current?.reveal(openIndex, false);
  }, [open.linked, openIndex]);

  const [text, setText] = useState<string | null>(null);
  const found = useMemo(() => foundRows(rows, text ?? ""), [rows, text]);
  const step = (backwards: boolean) => {
    const next = nextFound(found, active, backwards);
    if (next < 0) return;
    setActive(next);
    list.current?.reveal(next, false);
  };

  return {
    address,
    search,
    searched,
    showNewest: anchored === null ? null : () => setAnchor({ of: scope, at: null }),
    open,
    list,
    active,
    setActive,
    go,
    openRow: (index) => openRecord(rows[index], address, open),
    selection,
    find: { text, setText, found, step },
  };
}

function openRecord(record: LogRecord | undefined, address: Address, open: OpenRecord): void {
  if (!record) return;
  open.remember(record);
  address.open(record);
}

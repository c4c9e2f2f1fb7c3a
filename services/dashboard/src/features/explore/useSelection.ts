/** Rows that are selected for copying, by their records' ids, so that rows that come or go change nothing. */

import { useCallback, useMemo, useState } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";

export interface Selection {
  ids: ReadonlySet<string>;
  /** Those of them that are among the rows, in the rows' order. */
  records: readonly LogRecord[];
  /** Select a row or give it up; or select all from `active` up to it. */
  select: (index: number, extend: boolean) => void;
  clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

/** The selection after a row was chosen. */
export function selectedAfter(
  before: ReadonlySet<string>,
  rows: readonly { id: string }[],
  { index, active, extend }: { index: number; active: number; extend: boolean },
): ReadonlySet<string> {
  const ids = new Set(before);
  if (extend) {
    const [first, last] = index < active ? [index, active] : [active, index];
    for (const { id } of rows.slice(first, last + 1)) ids.add(id);
    return ids;
  }
  const id = rows[index]?.id;
  if (id !== undefined && !ids.delete(id)) ids.add(id);
  return ids;
}

export function useSelection(rows: readonly LogRecord[], active: number): Selection {
  const [ids, setIds] = useState(NONE);
  const select = (index: number, extend: boolean) => setIds((before) => selectedAfter(before, rows, { index, active, extend }));
  const clear = useCallback(() => setIds(NONE), []);
  const records = useMemo(() => (ids.size ? rows.filter(({ id }) => ids.has(id)) : []), [rows, ids]);
  return { ids, records, select, clear };
}

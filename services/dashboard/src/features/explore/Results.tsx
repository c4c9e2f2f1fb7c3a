/** The rows of a search as lines or as a table, under their tabs, over the line that says what they are. */

import { useMemo } from "react";
import { usePreferences } from "@/app/preferences";
import { type RecordColumn, RecordList } from "@/features/records/RecordList";
import { visible } from "@/lib/text";
import type { Span } from "@/lib/time";
import { cx } from "@/ui/cx";
import { columnsOf, valueOf } from "./columns";
import { FindBar } from "./FindBar";
import { ListNote } from "./ListNote";
import { Nothing } from "./Nothing";
import { SelectionBar } from "./SelectionBar";
import type { Explore } from "./useExplore";

const NONE: readonly RecordColumn[] = [];

export interface ResultsProps {
  explore: Explore;
  filter: string;
  span: Span | null;
}

export function Results({ explore, filter, span }: ResultsProps) {
  const { address, search, list, active, setActive, openRow, selection, find } = explore;
  const { zone, wrap } = usePreferences();
  const records = search.results.rows;
  const rows = useMemo(() => ({ count: records.length, at: (index: number) => records[index] }), [records]);
  const chosen = useMemo(() => columnsOf(address.columns).map(columnOf), [address.columns]);
  const isTable = address.tab === "table";

  return (
    <>
      {find.text !== null && (
        <FindBar
          text={find.text}
          found={find.found.length}
          at={find.found.indexOf(active)}
          onText={find.setText}
          onStep={find.step}
          onClose={() => find.setText(null)}
        />
      )}
      <SelectionBar selection={selection} />
      <ListNote explore={explore} />
      {records.length === 0 && (
        <div className="min-h-0 flex-1 overflow-auto">
          <Nothing filter={filter} span={span} search={search} />
        </div>
      )}
      <div className={cx("min-h-0 flex-1", records.length === 0 && "hidden")} aria-busy={!search.current && search.status === "streaming"}>
        <RecordList
          key={String(wrap)}
          handle={list}
          label="Results"
          rows={rows}
          active={active}
          onActive={setActive}
          onOpen={openRow}
          zone={zone}
          wrap={wrap}
          headings={isTable}
          columns={isTable ? chosen : NONE}
          find={find.text ?? ""}
          selected={selection.ids}
          onSelect={selection.select}
        />
      </div>
    </>
  );
}

function columnOf(field: string): RecordColumn {
  return { name: field, value: (record) => visible(valueOf(record, field)) };
}

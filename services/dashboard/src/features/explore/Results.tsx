/** The rows of a search as lines or as a table, under their tabs, over the line that says what they are. */

import { useMemo } from "react";
import { usePreferences } from "@/app/preferences";
import { type RecordColumn, RecordList } from "@/features/records/RecordList";
import { visible } from "@/lib/text";
import { columnsOf, valueOf } from "./columns";
import { FindBar } from "./FindBar";
import { SelectionBar } from "./SelectionBar";
import type { Explore } from "./useExplore";

const NONE: readonly RecordColumn[] = [];

export function Results({ explore }: { explore: Explore }) {
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
      <div className="min-h-0 flex-1">
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

/** Which fields the table shows: those of the loaded records, and any that is typed. */

import { type FormEvent, useMemo, useState } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { visible } from "@/lib/text";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { columnsOf, fieldsIn, toggledColumn } from "./columns";

export interface ColumnsDialogProps {
  columns: string;
  rows: readonly LogRecord[];
  onColumns: (columns: string) => void;
  onClose: () => void;
}

export function ColumnsDialog({ columns, rows, onColumns, onClose }: ColumnsDialogProps) {
  const [typed, setTyped] = useState("");
  const chosen = columnsOf(columns);
  const known = useMemo(() => fieldsIn(rows), [rows]);
  const offered = [...chosen, ...known.filter((field) => !chosen.includes(field))];
  const toggle = (field: string) => onColumns(toggledColumn(columns, field));
  const add = (event: FormEvent) => {
    event.preventDefault();
    const field = typed.trim();
    if (field && !chosen.includes(field)) toggle(field);
    setTyped("");
  };
  return (
    <Dialog label="Columns" onClose={onClose} className="max-w-md p-5 text-sm">
      <h2 className="mb-2 text-base font-semibold">Columns</h2>
      <form onSubmit={add} className="mb-2 flex gap-2">
        <input
          aria-label="Another field"
          placeholder="attributes.user_id"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          className="h-8 min-w-0 flex-1 rounded-md border border-strong-line bg-surface px-2 font-mono text-xs"
        />
        <Button type="submit">Add</Button>
      </form>
      <ul className="max-h-[45vh] overflow-auto">
        {offered.map((field) => (
          <li key={field}>
            <label className="flex items-center gap-2 rounded px-1 py-1 hover:bg-sunken">
              <input type="checkbox" checked={chosen.includes(field)} onChange={() => toggle(field)} className="accent-accent" />
              <span className="truncate font-mono text-xs">{visible(field)}</span>
            </label>
          </li>
        ))}
      </ul>
      <Button look="primary" className="mt-3" onClick={onClose}>
        Done
      </Button>
    </Dialog>
  );
}

/** What can be done with the selected rows. */

import { Copy } from "lucide-react";
import { formatWhole } from "@/lib/format";
import { Button } from "@/ui/Button";
import { copyText, jsonOf, lineOf } from "./clipboard";
import type { Selection } from "./useSelection";

export function SelectionBar({ selection: { records, clear } }: { selection: Selection }) {
  if (records.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line bg-accent-wash px-3 py-1 text-sm">
      <span className="mr-auto tabular-nums">
        {formatWhole(records.length)} {records.length === 1 ? "row" : "rows"} selected
      </span>
      <Button onClick={() => void copyText(records.map(lineOf).join("\n"))}>
        <Copy aria-hidden size={14} /> Copy lines
      </Button>
      <Button onClick={() => void copyText(jsonOf(records))}>
        <Copy aria-hidden size={14} /> Copy JSON
      </Button>
      <Button look="quiet" onClick={clear}>
        Clear
      </Button>
    </div>
  );
}

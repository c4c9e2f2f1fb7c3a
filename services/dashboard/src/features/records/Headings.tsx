/** The names of a list's columns, which stay on top while it scrolls. Widths are those of RecordRow. */

import { visible } from "@/lib/text";
import type { RecordColumn } from "./RecordList";

export function Headings({ columns }: { columns: readonly RecordColumn[] }) {
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-10 flex h-7 items-center gap-2 border-b border-line bg-sunken px-3 text-xs font-semibold text-muted"
    >
      <span role="columnheader" className="shrink-0 font-mono font-normal">
        {/* As wide as a time in the rows below. */}
        <span className="inline-block w-[12ch]">Time</span>
      </span>
      <span role="columnheader" className="w-4 shrink-0">
        <span className="sr-only">Level</span>
      </span>
      <span role="columnheader" className="w-24 shrink-0 sm:w-36">
        Service
      </span>
      {columns.map(({ name }) => (
        <span key={name} role="columnheader" className="w-32 shrink-0 truncate" title={visible(name)}>
          {visible(name)}
        </span>
      ))}
      <span role="columnheader" className="min-w-48 flex-1">
        Message
      </span>
    </div>
  );
}

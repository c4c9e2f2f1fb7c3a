/** A small table of figures. Where it is wider than the page it scrolls by itself, by keyboard too, and keeps its first column. */

import type { ReactNode } from "react";
import { cx } from "@/ui/cx";

export interface Column<Row> {
  name: string;
  /** Figures stand at the right, so that their digits line up. */
  figure?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}

export function Table<Row>({ label, columns, rows, rowKey }: TableProps<Row>) {
  return (
    // What scrolls must be within reach of the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full border-separate border-spacing-0 text-sm">
        <thead>
          <tr className="text-left text-xs whitespace-nowrap text-muted">
            {columns.map(({ name, figure }, index) => (
              <th key={name} scope="col" className={cx("px-2 py-2 font-normal xl:px-3", figure && "text-right", index === 0 && FIRST)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ name, figure, cell }, index) => {
                const look = cx("border-t border-line px-2 py-1.5 align-top xl:px-3", figure && "text-right whitespace-nowrap tabular-nums");
                return index === 0 ? (
                  <th key={name} scope="row" className={cx(look, FIRST, "text-left font-normal")}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={name} className={look}>
                    {cell(row)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const FIRST = "sticky left-0 min-w-36 bg-surface max-sm:border-r max-sm:border-r-line";

/** What the matching records say, as templates with their counts; a click narrows the filter to one. */

import { useQuery } from "@tanstack/react-query";
import { useScope } from "@/app/scope";
import type { ListPatternsResponse } from "@/gen/logmesh/v1/query_service_pb";
import { formatCount, formatWhole } from "@/lib/format";
import { Notice } from "@/ui/Notice";
import { cx } from "@/ui/cx";
import { fixedPieces, withPattern } from "./narrowing";
import { PatternRow } from "./PatternRow";
import { patternsQuery } from "./queries";
import { Trouble } from "./Trouble";

/** Columns with their classes; a narrow page does without some. */
const COLUMNS = [
  ["Count", "text-right"],
  ["Share", "hidden sm:table-cell"],
  ["Level", ""],
  ["Pattern", ""],
  ["Services", "hidden sm:table-cell"],
] as const;

export function Patterns() {
  const { filter, span, setFilter } = useScope();
  const found = useQuery(patternsQuery(filter, span));
  if (found.isError) return <Trouble quiet what="Patterns" error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <p className="px-3 py-2 text-sm text-muted">Looking for patterns…</p>;
  const { patterns, counted } = found.data;
  if (patterns.length === 0) return <Notice title="No record matches, so there is no pattern" />;
  return (
    <section aria-label="Patterns" aria-busy={found.isFetching} className={cx(found.isPlaceholderData && "opacity-60")}>
      <p className="px-3 py-1.5 text-xs text-muted">{extentOf(found.data)}</p>
      <table className="w-full border-collapse text-sm">
        <thead className="sticky top-0 bg-canvas text-left text-xs text-muted">
          <tr>
            {COLUMNS.map(([heading, className]) => (
              <th key={heading} scope="col" className={cx("px-3 py-1 font-medium", className)}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {patterns.map((pattern) => (
            <PatternRow
              key={pattern.template}
              pattern={pattern}
              share={Number(pattern.count) / Number(counted || 1n)}
              onNarrow={
                fixedPieces(pattern.template).length > 0 ? () => setFilter(withPattern(pattern.template, filter)) : undefined
              }
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function extentOf({ patterns, counted, exact }: ListPatternsResponse): string {
  const templates = patterns.length === 1 ? "1 pattern" : `${formatWhole(patterns.length)} patterns`;
  return exact
    ? `${templates} in all ${formatWhole(counted)} records, the most frequent first`
    : `${templates} in the newest ${formatCount(counted)} records: there are more than could be looked at`;
}

/** The line below the list that says what it shows and what not, with the way to older rows. */

import { SearchEnd } from "@/gen/logmesh/v1/query_service_pb";
import { formatWhole } from "@/lib/format";
import type { Span } from "@/lib/time";
import { Button } from "@/ui/Button";
import { footing } from "./footing";
import { hasOlder } from "./results";
import type { Search } from "./useResults";

export interface FooterProps {
  search: Search;
  span: Span;
  /** How many records of the range match; null while that is not known. */
  total: number | null;
}

export function Footer({ search: { results, status, current, loadOlder }, span, total }: FooterProps) {
  const more = results.end === SearchEnd.TIME_LIMIT ? "Go on searching" : "Load older";
  const busy = status === "streaming";
  const said = () => {
    if (current && status !== "failed") return footing(results, span, total);
    if (busy) return "searching…";
    return results.rows.length ? `${formatWhole(results.rows.length)} rows from before · the search failed` : "the search failed";
  };
  return (
    <footer className="flex min-h-10 flex-wrap items-center gap-2 border-t border-line bg-surface px-3 py-1 text-xs text-muted tabular-nums">
      <span>{said()}</span>
      {current && hasOlder(results) && (
        <Button className="ml-auto h-7 text-xs text-ink" disabled={busy} onClick={loadOlder}>
          {more}
        </Button>
      )}
    </footer>
  );
}

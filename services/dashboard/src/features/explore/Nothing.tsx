/** What stands in place of the rows when there are none: why, and the way out. */

import { SearchEnd } from "@/gen/logmesh/v1/query_service_pb";
import type { Span } from "@/lib/time";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { NoData } from "./NoData";
import { NoMatch } from "./NoMatch";
import type { Search } from "./useResults";
import { useTotal } from "./useTotal";

export interface NothingProps {
  filter: string;
  span: Span | null;
  search: Search;
}

export function Nothing({ filter, span, search: { results, status, failure, current, loadOlder } }: NothingProps) {
  const isOver = current && status === "done";
  const everything = useTotal("", isOver && filter ? span : null);
  if (!span) {
    return (
      <Notice title="This range of time can't be read" kind="caution">
        <p>Its start must be before its end, each such as now-15m or 2026-01-31T12:00:00Z. Choose another above.</p>
      </Notice>
    );
  }
  if (failure) return failure.kind === "filter" ? <Notice title="The query can't be understood" /> : null;
  if (!isOver) return <Notice title="Searching…" />;
  if (results.end === SearchEnd.TIME_LIMIT) {
    return (
      <Notice title="Nothing found so far" kind="caution">
        <p>Time ran out before the whole range was looked at.</p>
        <Button onClick={loadOlder}>Go on searching</Button>
      </Notice>
    );
  }
  if (filter === "" || everything === 0) return <NoData span={span} />;
  return <NoMatch filter={filter} span={span} />;
}

/** What is true of the rows and can't be seen in them: that they begin at a linked one, or stop where time ran out. */

import { usePreferences } from "@/app/preferences";
import { SearchEnd } from "@/gen/logmesh/v1/query_service_pb";
import { formatDateTime } from "@/lib/format";
import { Button } from "@/ui/Button";
import type { Explore } from "./useExplore";

export function ListNote({ explore: { search, showNewest } }: { explore: Explore }) {
  const { zone } = usePreferences();
  const { results, current, loadOlder } = search;
  if (!current) return null;
  const ranOut = results.end === SearchEnd.TIME_LIMIT && results.rows.length > 0;
  return (
    <>
      {showNewest && (
        <Note action="Show the newest" onAction={showNewest}>
          The list begins at the linked row; newer ones are left out.
        </Note>
      )}
      {ranOut && (
        <Note action="Go on searching" onAction={loadOlder}>
          These rows are not all: time ran out
          {results.scannedFrom !== null && `, and what is older than ${formatDateTime(results.scannedFrom, zone)} was not looked at`}.
        </Note>
      )}
    </>
  );
}

function Note({ action, onAction, children }: { action: string; onAction: () => void; children: React.ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-caution-wash px-3 py-1 text-sm">
      <p className="min-w-0 flex-1 basis-60">{children}</p>
      <Button onClick={onAction}>{action}</Button>
    </div>
  );
}

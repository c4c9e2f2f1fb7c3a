/** The way to a trace: by its id, or from the recent ones, those that failed first. */

import { RotateCw } from "lucide-react";
import { useRef } from "react";
import { useKeys } from "@/app/keys";
import { usePreferences } from "@/app/preferences";
import { useScope } from "@/app/scope";
import { RangeSelect } from "@/features/trace/RangeSelect";
import { RecentTraces } from "@/features/trace/RecentTraces";
import { ScopeNote } from "@/features/trace/ScopeNote";
import { TraceFailed } from "@/features/trace/TraceFailed";
import { TraceIdForm } from "@/features/trace/TraceIdForm";
import { useRecentTraces } from "@/features/trace/useRecentTraces";
import { IconButton } from "@/ui/Button";
import { Notice } from "@/ui/Notice";

export function TracesPage() {
  const { filter, range, span, setRange, setFilter, refresh } = useScope();
  const { zone } = usePreferences();
  const recent = useRecentTraces(filter, span);
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.focus(), r: refresh });

  return (
    <>
      <div className="space-y-3 px-4 py-3">
        <h1 className="text-lg font-semibold">Traces</h1>
        <TraceIdForm input={input} />
        <div className="flex flex-wrap items-center gap-2 pt-2">
          <RangeSelect range={range} onChange={setRange} />
          <IconButton label="Look again (r)" onClick={refresh}>
            <RotateCw aria-hidden size={16} />
          </IconButton>
          <ScopeNote filter={filter} onDrop={() => setFilter("")} />
        </div>
      </div>
      {span === null && <Notice title="The time range can't be read">Choose another one above.</Notice>}
      {recent.failure && <TraceFailed failure={recent.failure} onRetry={recent.retry} />}
      {span !== null && (recent.records.length > 0 || !recent.failure) && (
        <RecentTraces records={recent.records} searching={recent.searching} moreErrors={recent.moreErrors} zone={zone} />
      )}
    </>
  );
}

/** The open record beside the list, or over it where there is no room, with what can be done with its fields. */

import { useNavigate } from "@tanstack/react-router";
import type { Field } from "@/features/records/fields";
import { RecordPanel } from "@/features/records/RecordPanel";
import { usePreferences } from "@/app/preferences";
import { useScope } from "@/app/scope";
import { withCondition } from "@/lib/filter";
import { Notice } from "@/ui/Notice";
import { Button } from "@/ui/Button";
import { absoluteRange } from "@/lib/time";
import { conditionAt, fieldOfPath, toggledColumn } from "./columns";
import { copyText } from "./clipboard";
import { around } from "./ranges";
import type { Explore } from "./useExplore";

const AROUND_MINUTES = 10;

export interface RecordSideProps {
  explore: Explore;
  /** Whether its surroundings are to be seen at once. */
  showContext: boolean;
  onPermalink: () => void;
}

export function RecordSide({ explore: { address, open }, showContext, onPermalink }: RecordSideProps) {
  const { filter, span, setFilter, setRange } = useScope();
  const { zone } = usePreferences();
  const navigate = useNavigate();
  const { record, failure } = open;
  if (!record && !failure) return null;
  const outside = record && span && (record.timeUnixNano < span.start || record.timeUnixNano >= span.end);
  const want = (wanted: boolean) => (field: Field) => setFilter(withCondition(filter, conditionAt(field.path, field.value, wanted)));
  return (
    <div
      ref={focusIfAbove}
      tabIndex={-1}
      className="absolute inset-0 z-30 flex flex-col bg-surface outline-none lg:static lg:w-[26rem] lg:shrink-0 2xl:w-[32rem]"
    >
      {failure && (
        <Notice title="The linked record can't be shown" kind="caution">
          <p>{failure.message}</p>
          <Button onClick={address.close}>Close</Button>
        </Notice>
      )}
      {record && outside && (
        <div className="flex flex-wrap items-center gap-2 border-b border-l border-line bg-caution-wash px-3 py-1.5 text-sm">
          <p className="flex-1 basis-40">This record is outside of the range.</p>
          <Button onClick={() => setRange(absoluteRange(around(record.timeUnixNano, AROUND_MINUTES)))}>Show its time</Button>
        </div>
      )}
      {record && (
        <RecordPanel
          key={`${record.id} ${showContext}`}
          record={record}
          zone={zone}
          showContext={showContext}
          onClose={address.close}
          onCopy={(text) => void copyText(text)}
          onPermalink={onPermalink}
          onTrace={(traceId) => void navigate({ to: "/traces/$traceId", params: { traceId } })}
          onInclude={want(true)}
          onExclude={want(false)}
          onColumn={(field) => address.setColumns(toggledColumn(address.columns, fieldOfPath(field.path)))}
        />
      )}
    </div>
  );
}

/** Where it covers the list, the keyboard goes on in it; beside the list it does not take it away from the rows. */
function focusIfAbove(element: HTMLElement | null): void {
  if (element && getComputedStyle(element).position === "absolute") element.focus();
}

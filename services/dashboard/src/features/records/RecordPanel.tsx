/** The side panel of one record: its whole message, attributes, resource, trace and surroundings. */

import { Copy, Link, X } from "lucide-react";
import type { ReactNode } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { type Zone, formatDateTime } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { instanceOf, serviceOf, toHex } from "@/lib/records";
import { visible } from "@/lib/text";
import { Button, IconButton } from "@/ui/Button";
import { LevelMark } from "@/ui/LevelMark";
import { cx } from "@/ui/cx";
import { type FieldActions, FieldTree } from "./FieldTree";
import { RecordContext } from "./RecordContext";
import { TraceSummary } from "./TraceSummary";
import { WholeMessage } from "./WholeMessage";
import { fieldsOf } from "./fields";

export interface RecordPanelProps extends FieldActions {
  record: LogRecord;
  zone: Zone;
  /** Whether to scroll to its surroundings at once. */
  showContext?: boolean;
  onClose: () => void;
  onCopy: (text: string) => void;
  onPermalink?: () => void;
  /** Leads to the trace of this id, in hexadecimal. Missing on the trace's own page, which sums it up already. */
  onTrace?: (traceId: string) => void;
}

export function RecordPanel({ record, zone, showContext = false, onClose, onCopy, onPermalink, onTrace, ...actions }: RecordPanelProps) {
  const trace = toHex(record.traceId);
  return (
    <aside aria-label="Record" className="flex h-full min-w-0 flex-col overflow-auto border-l border-line bg-surface">
      <header className="flex items-center gap-2 border-b border-line px-3 py-1.5">
        <LevelMark level={levelOf(record.severityNumber)} />
        <h2 className="min-w-0 flex-1 truncate text-sm font-semibold">
          {visible(serviceOf(record))} <span className="font-normal text-muted">{visible(instanceOf(record))}</span>
        </h2>
        <IconButton label="Copy the message" onClick={() => onCopy(record.body)}>
          <Copy size={16} />
        </IconButton>
        {onPermalink && (
          <IconButton label="Link to this record" onClick={onPermalink}>
            <Link size={16} />
          </IconButton>
        )}
        <IconButton label="Close" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <Part title={formatDateTime(record.timeUnixNano, zone)}>
        <WholeMessage key={record.id} body={record.body} />
      </Part>
      {trace && (
        <Part title="Trace">
          <p className="font-mono text-xs break-all">{trace}</p>
          {onTrace && <TraceSummary traceId={trace} />}
          {onTrace && <Button onClick={() => onTrace(trace)}>Follow this trace</Button>}
        </Part>
      )}
      <Part title="Attributes">
        <FieldTree fields={fieldsOf(record.attributes ?? {}, ["attributes"])} {...actions} />
      </Part>
      <Part title="Resource">
        <FieldTree fields={fieldsOf(record.resource?.attributes ?? {}, ["resource"])} {...actions} />
      </Part>
      {record.id && (
        <Part title="Context" reveal={showContext}>
          <RecordContext key={record.id} record={record} zone={zone} />
        </Part>
      )}
    </aside>
  );
}

function Part({ title, reveal = false, children }: { title: string; reveal?: boolean; children: ReactNode }) {
  return (
    // As high as the panel, so that it can stand at its top before all of it is there.
    <section
      ref={reveal ? intoSight : undefined}
      className={cx("space-y-1.5 border-b border-line px-3 py-2", reveal && "min-h-full shrink-0")}
    >
      <h3 className="text-xs font-semibold text-muted">{title}</h3>
      {children}
    </section>
  );
}

function intoSight(element: HTMLElement | null): void {
  element?.scrollIntoView();
}

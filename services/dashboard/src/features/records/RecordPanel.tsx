/** The side panel of one record: its whole message, attributes, resource, trace and surroundings. */

import { Copy, Link, X } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { type Zone, formatDateTime } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { instanceOf, serviceOf, toHex } from "@/lib/records";
import { visible } from "@/lib/text";
import { plainOf } from "@/lib/values";
import { Button, IconButton } from "@/ui/Button";
import { Guard } from "@/ui/Guard";
import { LevelMark } from "@/ui/LevelMark";
import { Notice } from "@/ui/Notice";
import { cx } from "@/ui/cx";
import { aboutOf } from "./about";
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

export function RecordPanel(props: RecordPanelProps) {
  return (
    <Guard of={props.record.id} fallback={<Unshown {...props} />}>
      <Panel {...props} />
    </Guard>
  );
}

/** What stands in the place of a record that breaks its panel. */
function Unshown({ record, onClose }: RecordPanelProps) {
  return (
    <aside aria-label="Record" className="h-full border-l border-line bg-surface">
      <Notice title="This record can't be shown" kind="bad">
        <p className="font-mono">{visible(record.id)}</p>
        <Button onClick={onClose}>Close</Button>
      </Notice>
    </aside>
  );
}

function Panel({ record, zone, showContext = false, onClose, onCopy, onPermalink, onTrace, ...actions }: RecordPanelProps) {
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
        <About record={record} zone={zone} />
      </Part>
      {trace && (
        <Part title="Trace">
          <p className="font-mono text-xs break-all">{trace}</p>
          {onTrace && <TraceSummary traceId={trace} />}
          {onTrace && <Button onClick={() => onTrace(trace)}>Follow this trace</Button>}
        </Part>
      )}
      {hasAny(record.scope?.attributes) && (
        <Part title="Logger">
          <FieldTree fields={fieldsOf(plainOf(record.scope?.attributes))} />
        </Part>
      )}
      <Part title="Attributes">
        <FieldTree fields={fieldsOf(plainOf(record.attributes), ["attributes"])} {...actions} />
      </Part>
      <Part title="Resource">
        <FieldTree fields={fieldsOf(plainOf(record.resource?.attributes), ["resource"])} {...actions} />
      </Part>
      {record.id && (
        <Part title="Context" reveal={showContext}>
          <RecordContext key={record.id} record={record} zone={zone} />
        </Part>
      )}
    </aside>
  );
}

function About({ record, zone }: Pick<RecordPanelProps, "record" | "zone">) {
  const about = aboutOf(record, zone);
  if (about.length === 0) return null;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 text-xs leading-5">
      {about.map(([name, value]) => (
        <Fragment key={name}>
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{visible(value)}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function hasAny(values: object | undefined): boolean {
  return values !== undefined && Object.keys(values).length > 0;
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

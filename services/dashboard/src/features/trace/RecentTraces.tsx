/** The traces of a range: those that failed first. A list says when it is not all there is. */

import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Zone, counted } from "@/lib/format";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { RecentTraceRow } from "./RecentTraceRow";
import { type RecentTrace, recentTraces } from "./recent";

export interface RecentTracesProps {
  records: readonly LogRecord[];
  searching: boolean;
  /** Whether the range holds errors that were not looked at. */
  moreErrors: boolean;
  zone: Zone;
}

const AT_ONCE = 50;

export function RecentTraces({ records, searching, moreErrors, zone }: RecentTracesProps) {
  const traces = useMemo(() => recentTraces(records), [records]);
  const failed = traces.filter(({ errors }) => errors > 0);
  const fine = traces.filter(({ errors }) => errors === 0);
  if (traces.length === 0) return searching ? <p className="px-4 text-sm text-muted">Looking for traces…</p> : <NoTraces />;
  return (
    <>
      <Part
        title={failed.length === 0 && searching ? "Looking for errors…" : `${counted(failed.length, "trace")} with errors`}
        note={moreErrors ? "the newest; the range holds more" : ""}
        traces={failed}
        zone={zone}
      />
      <Part title={`${counted(fine.length, "trace")} without`} note="the newest, and their services as far as these logs tell" traces={fine} zone={zone} />
    </>
  );
}

interface PartProps {
  title: string;
  note: string;
  traces: readonly RecentTrace[];
  zone: Zone;
}

function Part({ title, note, traces, zone }: PartProps) {
  const [most, setMost] = useState(AT_ONCE);
  return (
    <section className="mx-3 mb-4 rounded-lg border border-line bg-surface">
      <h2 className="border-b border-line px-3 py-1.5 text-sm font-semibold">
        {title} {note && <span className="font-normal text-muted">· {note}</span>}
      </h2>
      <ul>
        {traces.slice(0, most).map((trace) => (
          <RecentTraceRow key={trace.traceId} trace={trace} zone={zone} />
        ))}
      </ul>
      {traces.length > most && (
        <Button look="quiet" className="m-1 text-accent" onClick={() => setMost(most * 2)}>
          Show more
        </Button>
      )}
    </section>
  );
}

function NoTraces() {
  return (
    <Notice title="No log with a trace id in this range">
      <p>Choose a longer range, or drop a condition of the filter. A trace shows up once a log names it in trace_id.</p>
      <Link to="/explore" className="text-accent underline">
        The range's logs in Explore
      </Link>
    </Notice>
  );
}

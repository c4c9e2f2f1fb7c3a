/** What the same instance logged around a record, with more of it on demand. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "@/api/clients";
import { failureOf } from "@/api/failure";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { type Zone, formatTime } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { Button } from "@/ui/Button";
import { LevelMark } from "@/ui/LevelMark";
import { cx } from "@/ui/cx";
import { Line } from "./Line";

const STEP = 10;
/** The gateway gives no more than this to either side. */
const MOST = 500;

export function RecordContext({ record, zone }: { record: LogRecord; zone: Zone }) {
  const [before, setBefore] = useState(STEP);
  const [after, setAfter] = useState(STEP);
  const context = useQuery({
    queryKey: ["context", record.id, before, after],
    queryFn: ({ signal }) =>
      queries.getContext({ recordId: record.id, before, after, timeUnixNano: record.timeUnixNano }, { signal }),
    placeholderData: keepPreviousData,
  });
  if (context.isPending) return <p className="text-sm text-muted">Looking…</p>;
  if (context.isError) return <p className="text-sm text-bad">{failureOf(context.error)?.message}</p>;
  return (
    <>
      {before < MOST && <Button onClick={() => setBefore(Math.min(before * 2, MOST))}>More before</Button>}
      <ol className="font-mono text-xs">
        {context.data.records.map((one, index) => (
          <li
            key={one.id}
            aria-current={index === context.data.index || undefined}
            className={cx("flex items-center gap-2 py-0.5", index === context.data.index && "bg-accent-wash")}
          >
            <span className="shrink-0 text-muted">{formatTime(one.timeUnixNano, zone)}</span>
            <LevelMark level={levelOf(one.severityNumber)} />
            <span className="min-w-0 flex-1 truncate">
              <Line body={one.body} />
            </span>
          </li>
        ))}
      </ol>
      {after < MOST && <Button onClick={() => setAfter(Math.min(after * 2, MOST))}>More after</Button>}
    </>
  );
}

/** What a reader must know before trusting the picture: that it is cut, or no longer fresh. */

import { Link } from "@tanstack/react-router";
import type { Failure } from "@/api/failure";
import { formatWhole } from "@/lib/format";
import { absoluteRange } from "@/lib/time";
import type { Entry } from "./trace";

export interface TraceNotesProps {
  traceId: string;
  entries: readonly Entry[];
  truncated: boolean;
  /** Why asking again failed, while what came before is still shown. */
  failure: Failure | null;
}

const DAY_NANOS = 86_400_000_000_000n;

export function TraceNotes({ traceId, entries, truncated, failure }: TraceNotesProps) {
  const first = entries[0]?.record.timeUnixNano;
  return (
    <>
      {failure && <p className={BAD}>{failure.message} What is shown is what it said before.</p>}
      {truncated && first !== undefined && (
        <p className={CAUTION}>
          These are the first {formatWhole(entries.length)} logs of this trace; it has more than one answer holds. Its errors may be
          among the others.{" "}
          <Link
            to="/explore"
            search={{ q: `trace_id = ${traceId}`, ...absoluteRange({ start: first, end: first + DAY_NANOS }) }}
            className="text-accent underline"
          >
            All of them in Explore
          </Link>
        </p>
      )}
    </>
  );
}

const BAD = "border-b border-line bg-bad-wash px-3 py-1.5 text-sm";
const CAUTION = "border-b border-line bg-caution-wash px-3 py-1.5 text-sm";

/** Says loudly that a lane does not follow any more, why, and when it will try again. */

import { Code, ConnectError } from "@connectrpc/connect";
import { Unplug } from "lucide-react";
import { useEffect, useState } from "react";
import { type Failure, failureOf } from "@/api/failure";
import { formatDuration } from "@/lib/format";
import { Button } from "@/ui/Button";
import type { Connection } from "./protocol";

const TICK_MILLIS = 250;

/** What is wrong with the filter of a lane that was refused for it, or null. */
export function failureOfFilter(connection: Connection): Failure | null {
  const failure = failureOfConnection(connection);
  return failure?.kind === "filter" || failure?.kind === "invalid" ? failure : null;
}

/** What went wrong with a connection, or null when nothing did. */
function failureOfConnection(connection: Connection): Failure | null {
  if (connection.state !== "away" && connection.state !== "refused") return null;
  return failureOf(new ConnectError(connection.message, connection.code as Code));
}

interface DisconnectedProps {
  connection: Connection;
  /** Whether a wrong filter is said elsewhere. */
  isFilterSaid: boolean;
  onRetry: () => void;
}

export function Disconnected({ connection, isFilterSaid, onRetry }: DisconnectedProps) {
  const failure = failureOfConnection(connection);
  if (!failure || (isFilterSaid && failureOfFilter(connection))) return null;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 border-y border-bad bg-bad-wash px-3 py-2 text-sm text-bad">
      <Unplug aria-hidden size={16} />
      {connection.state === "away" ? (
        <>
          <strong>Disconnected</strong>
          <span>
            {failure.message} <Countdown connection={connection} />
          </span>
          <Button onClick={onRetry}>Try now</Button>
        </>
      ) : (
        <span>
          <strong>{failure.kind === "denied" ? "Denied" : "Not followed"}</strong> {failure.message}
        </span>
      )}
    </div>
  );
}

function Countdown({ connection: { sinceMillis, retryAtMillis } }: { connection: Extract<Connection, { state: "away" }> }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), TICK_MILLIS);
    return () => clearInterval(ticking);
  }, []);
  const since = formatDuration(Math.max(1, Math.round((now - sinceMillis) / 1000)));
  const left = Math.ceil((retryAtMillis - now) / 1000);
  // An alert is read aloud whenever it changes; what ticks is for the eye.
  return (
    <span aria-hidden>
      For {since}. {left > 0 ? `Trying again in ${left} s.` : "Trying…"}
    </span>
  );
}

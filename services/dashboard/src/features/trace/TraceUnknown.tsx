/** There is no such trace: either the address holds none, or nothing was stored of it. */

import { Link } from "@tanstack/react-router";
import { Notice } from "@/ui/Notice";
import { whyNoTraceId } from "./traceId";

const LINK = "text-accent underline";

export function NoTraceId({ written }: { written: string }) {
  return (
    <>
      <h1 className="px-4 pt-4 text-lg font-semibold">Trace</h1>
      <Notice title="This address holds no trace id" kind="bad">
        <p>{whyNoTraceId(written)}</p>
        <Link to="/traces" className={LINK}>
          Look for a trace
        </Link>
      </Notice>
    </>
  );
}

export function TraceUnknown({ traceId }: { traceId: string }) {
  return (
    <Notice title="No log of this trace is stored">
      <p>
        Either none was written with this id, or they are older than what is kept. A request of this moment takes a few seconds to
        arrive: look again then.
      </p>
      <p>
        Lines that name the id in their text:{" "}
        <Link to="/explore" search={{ q: `"${traceId}"` }} className={LINK}>
          find them in Explore
        </Link>
        . Other requests:{" "}
        <Link to="/traces" className={LINK}>
          recent traces
        </Link>
        .
      </p>
    </Notice>
  );
}

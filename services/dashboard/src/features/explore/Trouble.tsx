/** What keeps a search from being answered, in a line above the rows that are still there. */

import { Link } from "@tanstack/react-router";
import type { Failure } from "@/api/failure";
import { Button } from "@/ui/Button";

export interface TroubleProps {
  failure: Failure | null;
  /** Seconds until the next try, as useRetry says. */
  retryIn: number | null;
  /** Whether rows from before are still shown. */
  hasRows: boolean;
  onRetry: () => void;
}

export function Trouble({ failure, retryIn, hasRows, onRetry }: TroubleProps) {
  if (!failure && retryIn === null) return null;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 border-y border-bad bg-bad-wash px-3 py-1.5 text-sm text-bad">
      <p className="min-w-0 flex-1 basis-60">
        {failure?.kind === "denied" ? <Denied message={failure.message} /> : (failure?.message ?? "Asking again…")}
        {hasRows && " The rows below are from before."}
      </p>
      {retryIn !== null && retryIn > 0 && (
        // The seconds are for the eye; read aloud, they would never end.
        <span aria-hidden className="tabular-nums">
          Next try in {retryIn} s
        </span>
      )}
      {failure && failure.kind !== "denied" && (
        <Button className="text-ink" onClick={onRetry}>
          Try now
        </Button>
      )}
    </div>
  );
}

function Denied({ message }: { message: string }) {
  return (
    <>
      The gateway denies this ({message}).{" "}
      <Link to="/settings" className="underline">
        Give it an access token
      </Link>
      .
    </>
  );
}

/** Why there is no answer, and what to do about it. A gateway that is away or busy is asked again without being told to. */

import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { type Failure, type FailureKind, passes } from "@/api/failure";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";

const TITLES: Partial<Record<FailureKind, string>> = {
  away: "The gateway is away",
  database: "The database is away",
  denied: "You may not read these logs",
  busy: "The gateway has too much to do",
  slow: "This took too long",
  invalid: "The gateway does not understand this",
  filter: "The filter has an error",
};

const RETRY_MILLIS = 5_000;

export function TraceFailed({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  const isPassing = passes(failure);
  useEffect(() => {
    if (!isPassing) return;
    const timer = setTimeout(onRetry, RETRY_MILLIS);
    return () => clearTimeout(timer);
    // Each failure starts its own wait; a new function for the same retry does not.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [isPassing]);
  return (
    <Notice title={TITLES[failure.kind] ?? "This failed"} kind="bad">
      <p>
        {failure.message} {isPassing && `It is asked again in ${RETRY_MILLIS / 1_000} seconds.`}
      </p>
      {failure.kind === "denied" && (
        <p>
          An access token goes into the{" "}
          <Link to="/settings" className="text-accent underline">
            settings
          </Link>
          .
        </p>
      )}
      {failure.kind === "filter" && (
        <p>
          Mend it in{" "}
          <Link to="/explore" className="text-accent underline">
            Explore
          </Link>
          , where its place is shown.
        </p>
      )}
      <Button onClick={onRetry}>Try again</Button>
    </Notice>
  );
}

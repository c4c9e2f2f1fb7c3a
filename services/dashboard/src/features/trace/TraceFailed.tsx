/** Why there is no answer, and what to do about it. */

import { Link } from "@tanstack/react-router";
import type { Failure, FailureKind } from "@/api/failure";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";

const TITLES: Partial<Record<FailureKind, string>> = {
  away: "The gateway is away",
  denied: "You may not read these logs",
  busy: "The gateway has too much to do",
  slow: "This took too long",
  invalid: "The gateway does not understand this",
  filter: "The filter has an error",
};

export function TraceFailed({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  return (
    <Notice title={TITLES[failure.kind] ?? "This failed"} kind="bad">
      <p>{failure.message}</p>
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

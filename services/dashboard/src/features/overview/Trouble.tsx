import { RotateCw } from "lucide-react";
import { failureOf } from "@/api/failure";
import { Button, IconButton } from "@/ui/Button";

interface TroubleProps {
  /** What could not be had, such as "Counts". */
  what: string;
  error: unknown;
  onRetry: () => void;
  /** Don't repeat what is wrong with the filter, which another part of the page tells. */
  quiet?: boolean;
}

/** A part of the overview that could not be had: why, and the way to ask again. The rest of the page goes on without it. */
export function Trouble({ what, error, onRetry, quiet = false }: TroubleProps) {
  const failure = failureOf(error);
  if (quiet && failure?.kind === "filter") {
    return <p className="px-3 py-2 text-xs text-muted">{what} wait for a filter that can be read.</p>;
  }
  if (failure?.kind === "away" || failure?.kind === "database") {
    // The search tells it in one notice for the whole page, and has the others asked again once it is answered.
    return (
      <p className="flex items-center gap-1 px-3 py-2 text-xs text-muted">
        {what} wait for the {failure.kind === "away" ? "gateway" : "database"}.
        <IconButton label={`Ask for ${what.toLowerCase()} again`} onClick={onRetry}>
          <RotateCw aria-hidden size={14} />
        </IconButton>
      </p>
    );
  }
  return (
    <p role="alert" className="flex flex-wrap items-center gap-2 px-3 py-2 text-sm text-bad">
      {what} could not be had: {failure?.message ?? "the question was given up."}
      {failure?.kind !== "filter" && failure?.kind !== "invalid" && (
        <Button className="text-ink" onClick={onRetry}>
          <RotateCw aria-hidden size={14} /> Try again
        </Button>
      )}
    </p>
  );
}

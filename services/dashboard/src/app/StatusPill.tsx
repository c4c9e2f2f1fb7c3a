/** How the pipeline is, in a few words on every page; the way to the page that says more. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { pipeline } from "@/api/clients";
import { failureOf } from "@/api/failure";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { type Status, statusOf } from "./status";

const EVERY_MILLIS = 5_000;
const WHILE_AWAY_MILLIS = 2_000;
/** A gateway that takes longer is away to a reader; it waits 2 seconds for a processor by itself. */
const ANSWER_MILLIS = 8_000;

const LOOKS: Record<Status["mood"], string> = {
  unknown: "border-line text-muted hover:bg-sunken",
  good: "border-line text-muted hover:bg-sunken",
  caution: "border-caution bg-caution-wash text-caution",
  bad: "border-bad bg-bad-wash text-bad",
};

const DOTS: Record<Status["mood"], string> = {
  unknown: "border border-strong-line",
  good: "bg-good",
  caution: "bg-caution",
  bad: "bg-bad",
};

export function StatusPill() {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ["pipeline", "summary"],
    queryFn: ({ signal }) => pipeline.getSummary({}, { signal, timeoutMs: ANSWER_MILLIS }),
    refetchInterval: ({ state }) => (state.error ? WHILE_AWAY_MILLIS : EVERY_MILLIS),
    // It is asked again soon anyway, and until then must say what is so.
    retry: false,
  });
  const { mood, text } = statusOf(data, error && failureOf(error));
  return (
    <>
      <Link
        to="/pipeline"
        title="State of the pipeline"
        className={cx("flex h-7 items-center gap-2 rounded-full border px-3 text-xs whitespace-nowrap tabular-nums", LOOKS[mood])}
      >
        <span aria-hidden className={cx("h-2 w-2 shrink-0 rounded-full", DOTS[mood])} />
        {text}
      </Link>
      {error && (
        <IconButton label="Ask the gateway again" onClick={() => void client.invalidateQueries()}>
          <RotateCw aria-hidden size={16} />
        </IconButton>
      )}
    </>
  );
}

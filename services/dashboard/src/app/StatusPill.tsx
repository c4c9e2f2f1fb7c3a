/** How the pipeline is, in a few words on every page; the way to the page that says more. */

import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { failureOf } from "@/api/failure";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { type Status, statusOf } from "./status";
import { useSummary } from "./summary";

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
  const { data, error } = useSummary();
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

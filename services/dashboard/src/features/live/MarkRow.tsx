/** A row between lines: what is missing there and why, with a button that gets it from the store. */

import { type KeyboardEvent, useState } from "react";
import { failureOf } from "@/api/failure";
import { formatDuration, formatTime, formatWhole, type Zone } from "@/lib/format";
import { cx } from "@/ui/cx";
import type { Mark } from "./protocol";

interface MarkRowProps {
  index: number;
  /** Pixels from the top of the list. */
  top: number;
  active: boolean;
  mark: Mark;
  zone: Zone;
  onLoad: () => Promise<void>;
  onKeyDown: (event: KeyboardEvent) => void;
}

export function MarkRow({ index, top, active, mark, zone, onLoad, onKeyDown }: MarkRowProps) {
  const [state, setState] = useState<"idle" | "loading" | { failed: string }>("idle");
  const isQuiet = mark.kind === "earlier" || mark.kind === "reconnected";
  const load = () => {
    setState("loading");
    onLoad().then(
      () => setState("idle"),
      (error: unknown) => setState({ failed: failureOf(error)?.message ?? "It was given up." }),
    );
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && event.target === event.currentTarget && mark.kind !== "reconnected") load();
    else onKeyDown(event);
  };
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      data-index={index}
      tabIndex={active ? 0 : -1}
      onKeyDown={pressed}
      className={cx(
        "absolute left-0 flex h-6 w-full items-center gap-3 px-3 text-xs",
        isQuiet ? "bg-sunken text-muted" : "bg-caution-wash font-medium text-caution",
        active && "outline-1 -outline-offset-1 outline-accent outline-dashed",
      )}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="cell" className="truncate">
        {markText(mark, zone)}
      </span>
      {mark.kind !== "reconnected" && (
        <span role="cell" className="shrink-0">
          <button
            type="button"
            tabIndex={active ? 0 : -1}
            disabled={state === "loading"}
            onClick={load}
            className="text-accent underline underline-offset-2 disabled:no-underline"
          >
            {state === "loading" ? "Loading…" : mark.kind === "earlier" ? "Load earlier lines" : "Load them here"}
          </button>
        </span>
      )}
      {typeof state === "object" && (
        <span role="cell" className="truncate text-bad">
          {state.failed}
        </span>
      )}
    </div>
  );
}

/** What a mark says. */
export function markText({ kind, dropped, startUnixNano, endUnixNano, processor, tried }: Mark, zone: Zone): string {
  const span = `${formatTime(startUnixNano, zone)} – ${formatTime(endUnixNano, zone)}`;
  const lines = dropped === 0 ? "Lines" : dropped === 1 ? "1 line" : `${formatWhole(dropped)} lines`;
  const later = tried ? " The store has no more of them yet." : "";
  switch (kind) {
    case "earlier":
      return "The tail begins below.";
    case "slow":
      return `${lines} left out, ${span}: they came faster than they could be sent.${later}`;
    case "away":
      return `A processor (${processor}) is away since ${formatTime(startUnixNano, zone)}: its lines may come late or be missing.${later}`;
    case "paused":
      return `${lines} left out, ${span}: this page was paused and its memory was full.${later}`;
    case "lost":
      return `Lines may be missing, ${span}: the connection broke and the gateway could not go on where it was.${later}`;
    case "replaced":
      return `Lines may be missing, ${span}: the database was replaced, or put back to an earlier state.${later}`;
    case "reconnected":
      return `The connection broke for ${formatDuration(Number(endUnixNano - startUnixNano) / 1e9)} and went on where it was; nothing is missing.`;
  }
}

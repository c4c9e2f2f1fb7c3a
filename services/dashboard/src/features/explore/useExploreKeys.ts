/** Explore's keys, and its commands in the palette. */

import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { useCommands } from "@/app/commands";
import { useKeys } from "@/app/keys";
import { changePreferences, usePreferences } from "@/app/preferences";
import { condition, withCondition } from "@/lib/filter";
import { toHex } from "@/lib/records";
import { announce } from "@/ui/Announcer";
import type { Explore } from "./useExplore";

/** A condition longer than this would leave no room for others in a filter, which ends at 4 KiB. */
const LONGEST_EXCLUDED = 1_000;

export interface Doings {
  filter: string;
  setFilter: (filter: string) => void;
  refresh: () => void;
  focusQuery: () => void;
  chooseTime: () => void;
  share: () => void;
  exportFile: () => void;
  showContext: () => void;
}

export function useExploreKeys(explore: Explore, doings: Doings): void {
  const navigate = useNavigate();
  const { wrap } = usePreferences();
  const { address, open, active, go, openRow, search, selection, find } = explore;
  const { rows } = search.results;
  const row = open.record ?? rows[active];

  const excludeSelected = () => {
    const marked = document.getSelection()?.toString().trim() ?? "";
    const text = marked || (row?.body ?? "");
    if (!text || text.length > LONGEST_EXCLUDED) announce("Mark the text that is to be excluded.");
    else doings.setFilter(withCondition(doings.filter, `NOT ${condition("body", marked ? ":" : "=", text)}`));
  };
  const followTrace = () => {
    const traceId = row ? toHex(row.traceId) : "";
    if (traceId) void navigate({ to: "/traces/$traceId", params: { traceId } });
    else announce("This row has no trace.");
  };
  const closeWhatIsOpen = () => {
    if (address.row) {
      address.close();
      go(active);
    } else if (find.text !== null) find.setText(null);
    else selection.clear();
  };
  const goLive = () => void navigate({ to: "/live" });
  const openFind = () => find.setText(find.text ?? "");

  useKeys({
    "/": doings.focusQuery,
    t: doings.chooseTime,
    r: doings.refresh,
    j: () => go(Math.min(active + 1, rows.length - 1)),
    k: () => go(Math.max(active - 1, 0)),
    // New rows take the focus away with the row that had it; the active one opens all the same.
    Enter: () => openRow(active),
    Escape: closeWhatIsOpen,
    c: () => {
      if (!address.row) openRow(active);
      doings.showContext();
    },
    f: followTrace,
    x: excludeSelected,
    l: goLive,
  });
  useControlF(find.text !== null || address.tab === "patterns", openFind);

  const latest = useRef({ ...doings, goLive, openFind });
  useEffect(() => {
    latest.current = { ...doings, goLive, openFind };
  });
  useCommands(
    useMemo(
      () => [
        { name: "Write a query", keys: "/", run: () => latest.current.focusQuery() },
        { name: "Choose the time range", keys: "t", run: () => latest.current.chooseTime() },
        { name: "Look again", keys: "r", run: () => latest.current.refresh() },
        { name: "Go live with this query", keys: "l", run: () => latest.current.goLive() },
        { name: "Find in results", keys: "Ctrl F", run: () => latest.current.openFind() },
        { name: "Export the results", run: () => latest.current.exportFile() },
        { name: "Share this search", run: () => latest.current.share() },
        { name: wrap ? "Cut long lines" : "Wrap long lines", run: () => changePreferences({ wrap: !wrap }) },
      ],
      [wrap],
    ),
  );
}

/** Ctrl F finds in the rows; where there are none, or once its field is open, it is the browser's own. */
function useControlF(isOwn: boolean, open: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const isFind = event.key.toLowerCase() === "f" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!isFind || isOwn || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      open();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });
}

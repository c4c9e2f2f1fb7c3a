/**
 * The lines of a lane. It follows the newest until the reader scrolls up, points at a line or moves by key; then it stays, however
 * many lines come, until the reader goes on.
 */

import { ArrowDown } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { RecordRow } from "@/features/records/RecordRow";
import { rowAfterKey } from "@/features/records/roving";
import { formatWhole, type Zone } from "@/lib/format";
import { isMarking } from "@/lib/marking";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/Button";
import type { LaneClient, LiveClient, LiveRow } from "./client";
import { MarkRow } from "./MarkRow";
import type { Mark } from "./protocol";
import { newLines, ROW_PIXELS, rowsIn, slotsIn } from "./scrolling";
import { useFollowing } from "./useFollowing";

interface LiveListProps {
  label: string;
  client: LiveClient;
  lane: LaneClient;
  zone: Zone;
  onOpen: (lane: LaneClient, row: LiveRow) => Promise<void>;
}

export function LiveList({ label, client, lane, zone, onOpen }: LiveListProps) {
  const view = useStore(lane.view);
  const reading = useStore(lane.reading);
  const { scroller, pixels, scrolled, focusLater } = useFollowing(client, lane);
  const [chosen, setChosen] = useState(0);
  const base = reading?.base ?? view.first;
  const count = (reading?.bottom ?? view.end) - base;
  const slots = Math.max(slotsIn(pixels), view.rows.length);
  const tabStop = tabStopOf(view.rows, reading ? chosen : view.end - 1);

  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") {
      const row = view.rows.find(({ seq }) => seq === tabStop);
      if (row?.record) void onOpen(lane, row);
      else return;
    } else {
      const next = rowAfterKey(event.key, tabStop - base, count, Math.max(1, rowsIn(pixels) - 2));
      if (next === null) return;
      client.pause();
      setChosen(base + next);
      focusLater({ seq: base + next, ifLost: false });
      reveal(scroller.current!, next);
    }
    event.preventDefault();
  };
  const opened = (row: LiveRow) => {
    setChosen(row.seq);
    if (!isMarking()) void onOpen(lane, row);
  };

  const loaded = async (seq: number, mark: Mark) => {
    setChosen(seq);
    await client.restore(lane, mark);
    // The mark will move up, perhaps out of sight, with the focus on it; the line in its place takes that.
    focusLater({ seq, ifLost: true });
  };

  return (
    <div className="relative h-full min-h-0">
      {/* While the list follows, no row keeps its place: the list itself is the tab stop, and any use of it makes it stay. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        role="group"
        aria-label={label}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be reached by keyboard.
        tabIndex={reading ? -1 : 0}
        onKeyDown={(event) => event.target === event.currentTarget && pressed(event)}
        onScroll={scrolled}
        onWheel={(event) => event.deltaY < 0 && client.pause()}
        onTouchMove={() => client.pause()}
        onPointerDown={() => client.pause()}
        className="h-full overflow-auto bg-surface [overflow-anchor:none]"
      >
        <div role="table" aria-label={label} aria-rowcount={count} className="relative" style={{ height: count * ROW_PIXELS }}>
          {view.rows.map((row) => {
            const index = row.seq - base;
            const place = { index, top: index * ROW_PIXELS, active: reading !== null && row.seq === tabStop, onKeyDown: pressed };
            return row.mark ? (
              <MarkRow key={`mark ${row.mark.key}`} {...place} mark={row.mark} zone={zone} onLoad={() => loaded(row.seq, row.mark)} />
            ) : (
              // A row that leaves gives its element to one that comes; one that stays keeps its own, so that a press on it that
              // makes the list stay is still a click on it.
              <RecordRow
                key={row.seq % slots}
                {...place}
                record={row.record}
                measure={undefined}
                zone={zone}
                wrap={false}
                columns={[]}
                position={index + 1}
                selected={false}
                find=""
                onClick={() => opened(row)}
              />
            );
          })}
        </div>
      </div>
      {reading && (
        <Button look="primary" onClick={() => client.resume()} className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-lg">
          <ArrowDown aria-hidden size={14} />
          {newLines(view, reading) > 0 ? `${formatWhole(newLines(view, reading))} new` : "Follow"}
        </Button>
      )}
    </div>
  );
}

/** The row that Tab leads to: the chosen one where it is drawn, else the nearest that is. */
function tabStopOf(rows: readonly LiveRow[], wanted: number): number {
  const [first, last] = [rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0];
  return Math.min(Math.max(wanted, first), last);
}

/** Bring a row into sight. */
function reveal(scroller: HTMLElement, index: number): void {
  const top = index * ROW_PIXELS;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + ROW_PIXELS > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW_PIXELS - scroller.clientHeight;
}

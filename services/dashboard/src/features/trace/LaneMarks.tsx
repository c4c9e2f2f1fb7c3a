/** The bars and marks of one lane. A mark opens its log; for keys the list of logs does so, hence no mark is a tab stop. */

import { cx } from "@/ui/cx";
import { formatOffset } from "@/lib/offset";
import { lineText } from "@/features/records/face";
import type { Lane, Mark } from "./lanes";
import { LevelShape } from "./LevelShape";
import { percent } from "./TraceAxis";
import type { Entry } from "./trace";

/** Height of one row of a lane. */
export const ROW_PIXELS = 20;
const TITLE_CHARACTERS = 160;

export interface LaneMarksProps {
  lane: Lane;
  shown: ReadonlySet<Entry>;
  open: Entry | undefined;
  onOpen: (entry: Entry) => void;
}

export function LaneMarks({ lane, shown, open, onOpen }: LaneMarksProps) {
  return (
    <>
      {lane.bars.filter(({ left, right }) => right > left).map(({ span, left, right, row, failed }) => (
        <span
          key={span}
          title={`Span ${span}`}
          className={cx(
            "absolute h-1.5 rounded-full",
            failed ? "bg-bad-wash ring-1 ring-error" : "bg-accent-wash ring-1 ring-strong-line",
          )}
          style={{ left: percent(left), width: percent(right - left), top: `${row * ROW_PIXELS + 9}px` }}
        />
      ))}
      {lane.marks.map((mark) => (
        <button
          key={mark.entry.record.id}
          type="button"
          tabIndex={-1}
          aria-label={nameOf(mark)}
          title={nameOf(mark)}
          onClick={() => onOpen(mark.entry)}
          className={cx(
            "absolute flex h-5 w-4 -translate-x-1/2 items-center justify-center rounded-sm",
            !mark.entries.some((entry) => shown.has(entry)) && "opacity-25",
            open && mark.entries.includes(open) && "outline-2 outline-accent",
          )}
          style={{ left: percent(mark.position), top: `${mark.row * ROW_PIXELS + 2}px` }}
        >
          <LevelShape level={mark.level} />
          {mark.entries.length > 1 && <span aria-hidden className="absolute -right-0.5 bottom-0 h-1 w-1 rounded-full bg-ink" />}
        </button>
      ))}
    </>
  );
}

function nameOf({ entry, level, entries }: Mark): string {
  const more = entries.length > 1 ? ` and ${entries.length - 1} more` : "";
  return `${formatOffset(entry.offset)} ${level.name} ${lineText(entry.record.body).slice(0, TITLE_CHARACTERS)}${more}`;
}

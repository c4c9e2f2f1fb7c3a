/** The range of time: presets, from and to as text, twice as long, and looking again. */

import { Clock, RotateCw, ZoomOut } from "lucide-react";
import { lazy, Suspense, useRef } from "react";
import type { Zone } from "@/lib/format";
import { absoluteRange, nowNanos, type RangeText, type Span, zoomOut } from "@/lib/time";
import { Button, IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Dropdown } from "@/ui/Dropdown";
import { isSame, PRESETS, rangeLabel } from "./ranges";

/** What reads typed times comes when it is needed. */
const FromTo = lazy(() => import("./FromTo").then((file) => ({ default: file.FromTo })));

export interface TimePickerProps {
  range: RangeText;
  span: Span | null;
  zone: Zone;
  open: boolean;
  onOpen: (open: boolean) => void;
  onRange: (range: RangeText) => void;
  onRefresh: () => void;
}

export function TimePicker({ range, span, zone, open, onOpen, onRange, onRefresh }: TimePickerProps) {
  const button = useRef<HTMLButtonElement>(null);
  const choose = (next: RangeText) => {
    onOpen(false);
    button.current?.focus();
    onRange(next);
  };
  return (
    <div className="relative flex items-center gap-1">
      <Button
        ref={button}
        className="h-9 min-w-0 flex-1"
        aria-expanded={open}
        aria-label={`Time range: ${rangeLabel(range, zone)}`}
        onClick={() => onOpen(!open)}
      >
        <Clock aria-hidden size={15} className="text-muted" />
        <span className="truncate">{rangeLabel(range, zone)}</span>
      </Button>
      {open && (
        <Dropdown
          label="Time range"
          button={button}
          onClose={() => onOpen(false)}
          className="right-0 grid w-[min(30rem,calc(100vw-1.5rem))] gap-3 p-3 sm:grid-cols-[10rem_1fr]"
        >
          <ul className="grid grid-cols-2 gap-0.5 sm:block">
            {PRESETS.map((preset) => (
              <li key={preset.name}>
                <button
                  type="button"
                  aria-pressed={isSame(range, preset)}
                  onClick={() => choose({ from: preset.from, to: preset.to })}
                  className={cx(
                    "w-full rounded px-2 py-1 text-left text-sm hover:bg-sunken",
                    isSame(range, preset) && "bg-accent-wash text-accent",
                  )}
                >
                  {preset.name}
                </button>
              </li>
            ))}
          </ul>
          <div className="space-y-3">
            <Suspense fallback={null}>
              <FromTo key={`${range.from} ${range.to}`} range={range} zone={zone} onChoose={choose} />
            </Suspense>
            <Button disabled={!span} onClick={() => span && choose(absoluteRange(zoomOut(span, nowNanos())))}>
              <ZoomOut aria-hidden size={15} /> Twice the range
            </Button>
          </div>
        </Dropdown>
      )}
      <IconButton label="Look again" onClick={onRefresh}>
        <RotateCw size={16} />
      </IconButton>
    </div>
  );
}

/** The range of time: presets, from and to as text, twice as long, and looking again. */

import { Clock, RotateCw, ZoomOut } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import type { Zone } from "@/lib/format";
import { absoluteRange, nowNanos, parseMoment, type RangeText, type Span, zoomOut } from "@/lib/time";
import { Button, IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Dropdown } from "@/ui/Dropdown";
import { momentOfTyped, momentText, PRESETS, rangeLabel } from "./ranges";

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
              <li key={preset.from}>
                <button
                  type="button"
                  aria-pressed={range.from === preset.from && range.to === "now"}
                  onClick={() => choose({ from: preset.from, to: "now" })}
                  className={cx(
                    "w-full rounded px-2 py-1 text-left text-sm hover:bg-sunken",
                    range.from === preset.from && range.to === "now" && "bg-accent-wash text-accent",
                  )}
                >
                  {preset.name}
                </button>
              </li>
            ))}
          </ul>
          <div className="space-y-3">
            <FromTo key={`${range.from} ${range.to}`} range={range} zone={zone} onChoose={choose} />
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

function FromTo({ range, zone, onChoose }: { range: RangeText; zone: Zone; onChoose: (range: RangeText) => void }) {
  const [from, setFrom] = useState(momentText(range.from, zone));
  const [to, setTo] = useState(momentText(range.to, zone));
  const [problem, setProblem] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const start = momentOfTyped(from, zone);
    const end = momentOfTyped(to, zone);
    if (start === null || end === null) setProblem(`${start === null ? "From" : "To"} is no time.`);
    else if (!isBefore(start, end)) setProblem("From must be before To.");
    else onChoose({ from: start, to: end });
  };
  return (
    <form onSubmit={submit} className="space-y-2 text-sm">
      <Moment label="From" text={from} onText={setFrom} />
      <Moment label="To" text={to} onText={setTo} />
      <p className="text-xs text-muted">
        {zone === "utc" ? "UTC" : "Local time"}, such as 2026-01-31 14:05, or now-2h.
      </p>
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
      <Button look="primary" type="submit">
        Apply
      </Button>
    </form>
  );
}

function Moment({ label, text, onText }: { label: string; text: string; onText: (text: string) => void }) {
  return (
    <label className="block">
      <span className="text-xs text-muted">{label}</span>
      <input
        value={text}
        spellCheck={false}
        onChange={(event) => onText(event.target.value)}
        className="h-8 w-full rounded-md border border-strong-line bg-surface px-2 font-mono text-xs"
      />
    </label>
  );
}

function isBefore(start: string, end: string): boolean {
  const now = nowNanos();
  return parseMoment(start, now)! < parseMoment(end, now)!;
}

/** A range of time as it is typed: from and to. */

import { type FormEvent, useState } from "react";
import type { Zone } from "@/lib/format";
import { nowNanos, type RangeText } from "@/lib/time";
import { Button } from "@/ui/Button";
import { momentText } from "./ranges";
import { rangeOfTyped } from "./typed";

const PROBLEMS = { from: "From is no time.", to: "To is no time.", order: "From must be before To." };

export function FromTo({ range, zone, onChoose }: { range: RangeText; zone: Zone; onChoose: (range: RangeText) => void }) {
  const [from, setFrom] = useState(momentText(range.from, zone));
  const [to, setTo] = useState(momentText(range.to, zone));
  const [problem, setProblem] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = rangeOfTyped(from, to, zone, nowNanos());
    if (typeof typed === "string") setProblem(PROBLEMS[typed]);
    else onChoose(typed);
  };
  return (
    <form onSubmit={submit} className="space-y-2 text-sm">
      <Moment label="From" text={from} onText={setFrom} />
      <Moment label="To" text={to} onText={setTo} />
      <p className="text-xs text-muted">
        {zone === "utc" ? "UTC" : "Local time"}, such as 08:50, yesterday, 2026-01-31 14:05, 2h or now-1d/d.
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

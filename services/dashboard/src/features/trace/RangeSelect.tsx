/** The range in which traces are looked for: some usual ones, and whatever the address holds. */

import { LAST_15_MINUTES, type RangeText } from "@/lib/time";

const USUAL: readonly (readonly [from: string, name: string])[] = [
  ["now-5m", "Last 5 minutes"],
  [LAST_15_MINUTES.from, "Last 15 minutes"],
  ["now-1h", "Last hour"],
  ["now-6h", "Last 6 hours"],
  ["now-24h", "Last 24 hours"],
  ["now-7d", "Last 7 days"],
];

export interface RangeSelectProps {
  range: RangeText;
  onChange: (range: RangeText) => void;
}

export function RangeSelect({ range, onChange }: RangeSelectProps) {
  const isUsual = range.to === "now" && USUAL.some(([from]) => from === range.from);
  return (
    <select
      aria-label="Time range"
      value={isUsual ? range.from : ""}
      onChange={(event) => onChange({ from: event.target.value, to: "now" })}
      className="h-8 min-w-0 rounded-md border border-strong-line bg-surface px-2 text-sm"
    >
      {!isUsual && (
        <option value="" disabled>
          {range.from} – {range.to}
        </option>
      )}
      {USUAL.map(([from, name]) => (
        <option key={from} value={from}>
          {name}
        </option>
      ))}
    </select>
  );
}

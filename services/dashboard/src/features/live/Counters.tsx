/** What a lane has counted: how fast lines come, and what became of them. */

import { formatBytes, formatCount, formatDuration, formatWhole } from "@/lib/format";
import { cx } from "@/ui/cx";
import { linesPerSecond } from "./comparing";
import type { Figures } from "./protocol";

export function Counters({ figures }: { figures: Figures }) {
  const { counters, held, heldBytes, sampled, lagMillis, rates } = figures;
  return (
    <dl className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-xs tabular-nums">
      <Counter name="lines/s" value={formatCount(Math.round(linesPerSecond(rates)))} title="Mean of the last five seconds" isLarge />
      <Counter name="received" value={formatCount(counters.received)} title={`${formatWhole(counters.received)} lines were looked at by the gateway`} />
      <Counter
        name="shown"
        value={formatCount(counters.sent)}
        title={`${formatWhole(counters.sent)} lines matched and came here; ${formatWhole(held)} are in memory (${formatBytes(heldBytes)})`}
      />
      <Counter name="sampled" value={formatCount(sampled)} title={`Patterns are made of ${formatWhole(sampled)} lines; when they come fast, of one in so many`} />
      <Counter
        name="dropped"
        value={formatCount(counters.dropped)}
        title={`${formatWhole(counters.dropped)} lines matched and were left out; each gap in the list says when and why`}
        isBad={counters.dropped > 0}
      />
      {lagMillis !== null && (
        <Counter name="behind" value={formatDuration(lagMillis / 1000)} title="Between a line's own time and its arrival here" />
      )}
    </dl>
  );
}

interface CounterProps {
  name: string;
  value: string;
  title: string;
  isLarge?: boolean;
  isBad?: boolean;
}

function Counter({ name, value, title, isLarge, isBad }: CounterProps) {
  return (
    <div title={title} className={cx("flex flex-row-reverse items-baseline gap-1", isBad ? "text-bad" : "text-muted")}>
      <dt>{name}</dt>
      <dd className={cx("font-semibold", isLarge && "text-base", !isBad && "text-ink")}>{value}</dd>
    </div>
  );
}

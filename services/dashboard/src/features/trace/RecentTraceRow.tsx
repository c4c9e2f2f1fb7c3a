import { Link } from "@tanstack/react-router";
import { type Zone, counted, formatDateTime, formatTime } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { visible } from "@/lib/text";
import { lineText } from "@/features/records/face";
import { LevelMark } from "@/ui/LevelMark";
import type { RecentTrace } from "./recent";

const ID_DIGITS = 8;

/** One recent trace: when, its first error or first line, who wrote it. The whole row leads to it. */
export function RecentTraceRow({ trace, zone }: { trace: RecentTrace; zone: Zone }) {
  const { traceId, time, line, errors, services } = trace;
  return (
    <li className="border-b border-line last:border-b-0">
      <Link
        to="/traces/$traceId"
        params={{ traceId }}
        className="flex flex-wrap items-center gap-x-3 px-3 py-1.5 text-sm hover:bg-sunken sm:flex-nowrap"
      >
        <span className="shrink-0 font-mono text-xs text-muted tabular-nums" title={formatDateTime(time, zone)}>
          {formatTime(time, zone)}
        </span>
        <span className="shrink-0 font-mono text-xs text-accent" title={traceId}>
          {traceId.slice(0, ID_DIGITS)}
        </span>
        <LevelMark level={levelOf(line.severityNumber)} />
        <span className={errors > 1 ? "shrink-0 text-xs text-error" : "sr-only"}>{counted(errors, "error")}</span>
        <span className="order-last w-full min-w-0 truncate font-mono text-xs sm:order-none sm:w-auto sm:flex-1">
          {lineText(line.body)}
        </span>
        <span className="min-w-0 flex-1 truncate text-right text-xs text-muted sm:max-w-64 sm:flex-none lg:max-w-96">
          {services.map(visible).join(", ")}
        </span>
      </Link>
    </li>
  );
}

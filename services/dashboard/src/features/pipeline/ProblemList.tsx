import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { formatDateTime, formatDuration, formatTime, type Zone } from "@/lib/format";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";
import type { Kind, Problem } from "./problems";

/** Those that something must be done about now; the others may pass. */
const BAD: ReadonlySet<Kind> = new Set<Kind>(["gateway", "unanswered", "lost", "fact", "nobody", "away"]);
const DAY_MILLIS = 86_400_000;

export interface ProblemListProps {
  problems: readonly Problem[];
  /** When the pipeline was last looked at, milliseconds since 1970. */
  now: number;
  zone: Zone;
}

/** What is wrong, since when, and what to do; or that nothing is. */
export function ProblemList({ problems, now, zone }: ProblemListProps) {
  if (!problems.length) {
    return (
      <p className="flex items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2.5 text-sm">
        <CircleCheck aria-hidden size={16} className="shrink-0 text-good" />
        No problem: every processor answers, and every batch is accounted for.
      </p>
    );
  }
  return (
    <ul className="space-y-2">
      {problems.map((problem) => (
        <ProblemRow key={problem.key} problem={problem} now={now} zone={zone} />
      ))}
    </ul>
  );
}

function ProblemRow({ problem, now, zone }: { problem: Problem; now: number; zone: Zone }) {
  const bad = BAD.has(problem.kind);
  const Icon = bad ? CircleAlert : TriangleAlert;
  return (
    <li
      className={cx(
        "grid grid-cols-[auto_1fr] gap-x-2.5 rounded-lg border px-3 py-2.5 text-sm",
        bad ? "border-bad bg-bad-wash" : "border-caution bg-caution-wash",
      )}
    >
      <Icon aria-hidden size={16} className={cx("mt-0.5", bad ? "text-bad" : "text-caution")} />
      <div className="min-w-0">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <h2 className="font-semibold wrap-anywhere">{visible(problem.sentence)}</h2>
          <p className="text-xs whitespace-nowrap text-muted tabular-nums">{sinceText(problem, now, zone)}</p>
        </div>
        <p className="mt-1 max-w-[90ch] wrap-anywhere">{problem.advice}</p>
      </div>
    </li>
  );
}

function sinceText({ since, orBefore }: Problem, now: number, zone: Zone): string {
  const moment = BigInt(Math.round(since)) * 1_000_000n;
  const when = now - since < DAY_MILLIS ? formatTime(moment, zone).slice(0, 8) : formatDateTime(moment, zone).slice(0, 16);
  return orBefore ? `since ${when} or before` : `since ${when}, ${formatDuration((now - since) / 1000)}`;
}

/** How a lane stands to the other one: its error ratio with what chance allows, and the patterns that it alone has. */

import { lineText } from "@/features/records/face";
import { formatPercent, formatWhole } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { LevelMark } from "@/ui/LevelMark";
import { cx } from "@/ui/cx";
import { compareShares, errorShare, wilson } from "./comparing";
import type { Figures } from "./protocol";

const VERDICTS = {
  higher: "more than the other lane",
  lower: "less than the other lane",
  same: "no difference beyond chance",
};

export function Comparison({ figures, other }: { figures: Figures; other: Figures }) {
  return (
    <>
      <ErrorRatio figures={figures} other={other} />
      <OnlyHere figures={figures} />
    </>
  );
}

function ErrorRatio({ figures, other }: { figures: Figures; other: Figures }) {
  const share = errorShare(figures.rates);
  const errors = wilson(share);
  if (!errors) return <p className="text-xs text-muted">No lines in two minutes.</p>;
  const verdict = compareShares(share, errorShare(other.rates));
  return (
    <p className="text-xs tabular-nums" title={`${formatWhole(share.part)} of ${formatWhole(share.whole)} lines in two minutes; 95 % interval after Wilson`}>
      <strong className="text-base">{formatPercent(errors.ratio)}</strong> errors
      <span className="text-muted">
        {" "}
        ({formatPercent(errors.low)} – {formatPercent(errors.high)})
      </span>
      {verdict && <span className={cx(verdict === "higher" ? "font-semibold text-bad" : "text-muted")}> · {VERDICTS[verdict]}</span>}
    </p>
  );
}

function OnlyHere({ figures }: { figures: Figures }) {
  return (
    <div className="h-18 text-xs">
      <h3 className="font-semibold text-muted">Only in this lane</h3>
      {figures.only.length === 0 ? (
        <p className="text-muted">No pattern so far.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be reached by keyboard.
        <ul tabIndex={0} aria-label="Patterns only in this lane" className="h-14 overflow-auto">
          {figures.only.map(({ template, count, severity }) => (
            <li key={template} className="flex items-center gap-2 py-0.5">
              <LevelMark level={levelOf(severity)} />
              <span className="min-w-0 flex-1 truncate font-mono" title={lineText(template)}>
                {lineText(template)}
              </span>
              <span className="text-muted tabular-nums">{formatWhole(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

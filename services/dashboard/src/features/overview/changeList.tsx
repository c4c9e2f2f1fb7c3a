/** Changes in the order in which they matter, each as a button of the strip shows it. */

import { faceOf, lineText } from "@/features/records/face";
import type { Pattern, ServiceChange } from "@/gen/logmesh/v1/query_service_pb";
import { formatCount, formatPercent, formatWhole } from "@/lib/format";
import { levelNamed, levelOf } from "@/lib/levels";
import { oneLine, visible } from "@/lib/text";
import { LevelMark } from "@/ui/LevelMark";
import type { Change } from "./ChangeStrip";
import { fixedPieces, toErrorsOf, toFatalOf, toPattern, toService } from "./narrowing";
import { newPatternsOf, rateOf } from "./rises";

/** So many of each kind are worth a place in the strip; of what is fatal, all are. */
const MOST = 6;
const TITLE_CHARACTERS = 400;

/** New patterns, each from a question of its own: of a flood of warnings alone, the rest would be left out. */
export interface NewPatterns {
  fatal: readonly Pattern[];
  errors: readonly Pattern[];
  warnings: readonly Pattern[];
}

/** The most severe first: what is fatal, errors, who fell silent, warnings. Services come in the gateway's order. */
export function changesOf(services: readonly ServiceChange[], patterns: NewPatterns, filter: string): Change[] {
  const newOf = (found: readonly Pattern[]) =>
    newPatternsOf(found)
      .filter(({ template }) => fixedPieces(template).length > 0)
      .map((pattern) => patternChange(pattern, filter));
  return [
    ...services.filter(({ fatalRose }) => fatalRose).map((one) => fatalChange(one, filter)),
    ...newOf(patterns.fatal),
    ...services.filter(({ errorsRose }) => errorsRose).slice(0, MOST).map((one) => errorsChange(one, filter)),
    ...newOf(patterns.errors).slice(0, MOST),
    ...services.filter(({ silent }) => silent).slice(0, MOST).map((one) => silenceChange(one, filter)),
    ...newOf(patterns.warnings).slice(0, MOST),
  ];
}

function fatalChange(change: ServiceChange, filter: string): Change {
  const service = visible(change.service);
  const [before, now] = [formatCount(change.previousFatal), formatCount(change.fatal)];
  return {
    key: `fatal ${change.service}`,
    title: `Fatal records of ${service}: ${formatWhole(change.fatal)} of ${formatWhole(change.records)}; before ${formatWhole(change.previousFatal)} of ${formatWhole(change.previousRecords)}`,
    face: (
      <>
        <LevelMark level={levelNamed("FATAL")} /> <span className="font-medium">{service} fatal</span>{" "}
        <span className="text-fatal tabular-nums">
          {before} → {now}
        </span>
      </>
    ),
    filter: toFatalOf(change.service, filter),
  };
}

/** Against all that the service writes: twice the errors in twice the traffic are no change. */
function errorsChange(change: ServiceChange, filter: string): Change {
  const service = visible(change.service);
  const expected = formatCount(Math.round(change.expectedErrors));
  return {
    key: `errors ${change.service}`,
    title: `Errors of ${service}: ${formatWhole(change.errors)} of ${formatWhole(change.records)} records; before ${formatWhole(change.previousErrors)} of ${formatWhole(change.previousRecords)}. Its traffic leads to expect ${expected}.`,
    face: (
      <>
        <LevelMark level={levelNamed("ERROR")} /> <span className="font-medium">{service} errors</span>{" "}
        <span className="text-bad tabular-nums">{ratesOf(change)}</span>
      </>
    ),
    filter: toErrorsOf(change.service, filter),
  };
}

/** `1.3% → 26.7%`; counts where the rates don't tell, as of a service that writes errors alone. */
function ratesOf({ errors, records, previousErrors, previousRecords }: ServiceChange): string {
  const [before, now] = [rateOf(previousErrors, previousRecords), rateOf(errors, records)];
  if (before === null || now === null) return `new, ${formatPercent(now ?? 0)}`;
  const [from, to] = [formatPercent(before), formatPercent(now)];
  return from === to ? `${formatCount(previousErrors)} → ${formatCount(errors)}` : `${from} → ${to}`;
}

function silenceChange(change: ServiceChange, filter: string): Change {
  const service = visible(change.service);
  return {
    key: `silent ${change.service}`,
    title: `${service} writes nothing; before, it wrote steadily, ${formatWhole(change.previousRecords)} records`,
    face: <span className="font-medium text-caution">{service} is silent</span>,
    filter: toService(change.service, filter),
  };
}

function patternChange(pattern: Pattern, filter: string): Change {
  // Of JSON, its message says it.
  const template = oneLine(faceOf(pattern.template)?.message || lineText(pattern.template)).slice(0, TITLE_CHARACTERS);
  const level = levelOf(pattern.severityNumber);
  return {
    key: `new ${pattern.template}`,
    title: `Not in the period before, ${formatWhole(pattern.count)} now: ${template}`,
    face: (
      <>
        <LevelMark level={level} /> <span className="text-muted">new</span>{" "}
        <span className="max-w-72 truncate font-mono">{template}</span>{" "}
        <span className="text-muted tabular-nums">{formatCount(pattern.count)}</span>
      </>
    ),
    filter: toPattern(pattern.template, filter),
  };
}

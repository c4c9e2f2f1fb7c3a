/**
 * What changed against the period before, over all records of the range whatever the filter: each change is a button that
 * narrows the filter to it. `w` leads here, the arrows move within.
 */

import { useQuery } from "@tanstack/react-query";
import { useScope } from "@/app/scope";
import type { Pattern } from "@/gen/logmesh/v1/query_service_pb";
import { formatCount, formatWhole } from "@/lib/format";
import { levelNamed, levelOf } from "@/lib/levels";
import { listLine, visible } from "@/lib/text";
import { LevelMark } from "@/ui/LevelMark";
import { type Change, ChangeStrip } from "./ChangeStrip";
import { fixedPieces, toErrorsOf, toPattern, toService } from "./narrowing";
import { changesQuery, NOTEWORTHY, patternsQuery } from "./queries";
import { hasNothingBefore, newPatternsOf, type Rise, risesOf, silentOf } from "./rises";
import { Trouble } from "./Trouble";

/** So many of each kind are worth a place in the strip. */
const MOST = 6;

export function Changes() {
  const { filter, span, setFilter } = useScope();
  const changes = useQuery(changesQuery(span));
  const patterns = useQuery(patternsQuery(NOTEWORTHY, span));
  const services = changes.data?.services ?? [];
  const shown = [
    ...risesOf(services).slice(0, MOST).map((rise) => riseChange(rise, filter)),
    ...silentOf(services).slice(0, MOST).map((one) => silenceChange(one, filter)),
    ...newPatternsOf(patterns.data?.patterns ?? [])
      .filter((pattern) => fixedPieces(pattern.template).length > 0)
      .slice(0, MOST)
      .map((pattern) => patternChange(pattern, filter)),
  ];
  const failed = [changes, patterns].find((query) => query.isError);

  return (
    <section aria-label="What changed" className="flex min-h-9 items-center gap-2 border-b border-line bg-surface px-3 text-xs">
      <h2 className="shrink-0 text-muted" title="Against the period of the same length before">
        What changed
      </h2>
      {shown.length > 0 && <ChangeStrip changes={shown} onChoose={(change) => setFilter(change.filter)} />}
      {hasNothingBefore(services) && (
        <p className="shrink-0 text-caution" title="All that there is counts as a rise, and every pattern as new">
          no records before
        </p>
      )}
      {failed ? (
        <Trouble what="Changes" error={failed.error} onRetry={() => void failed.refetch()} />
      ) : changes.isPending || patterns.isPending ? (
        <p className="text-muted">Comparing with the period before…</p>
      ) : (
        shown.length === 0 && <p className="text-muted">Nothing beyond chance: no rise of errors, no new pattern among warnings and worse.</p>
      )}
    </section>
  );
}

function riseChange(rise: Rise, filter: string): Change {
  const service = visible(rise.service);
  const [before, now] = [formatCount(rise.previousErrors), formatCount(rise.errors)];
  return {
    key: `errors ${rise.service}`,
    title: `Errors of ${service}: ${formatWhole(rise.errors)} of ${formatWhole(rise.records)} records; before ${formatWhole(rise.previousErrors)} of ${formatWhole(rise.previousRecords)}`,
    face: (
      <>
        <LevelMark level={levelNamed("ERROR")} /> <span className="font-medium">{service} errors</span>{" "}
        <span className="text-bad tabular-nums">
          {before} → {now}
        </span>
      </>
    ),
    filter: toErrorsOf(rise.service, filter),
  };
}

function silenceChange(rise: Rise, filter: string): Change {
  const service = visible(rise.service);
  return {
    key: `silent ${rise.service}`,
    title: `${service} wrote no record; before ${formatWhole(rise.previousRecords)}`,
    face: <span className="font-medium text-caution">{service} is silent</span>,
    filter: toService(rise.service, filter),
  };
}

function patternChange(pattern: Pattern, filter: string): Change {
  const template = listLine(pattern.template);
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

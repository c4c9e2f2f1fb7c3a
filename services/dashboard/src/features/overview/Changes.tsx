/**
 * What changed against the period before, over all records of the range whatever the filter: each change is a button that
 * narrows the filter to it. `w` leads here, the arrows move within.
 */

import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useKeys } from "@/app/keys";
import { useScope } from "@/app/scope";
import { formatCount, formatWhole } from "@/lib/format";
import { levelNamed, levelOf } from "@/lib/levels";
import { listLine, visible } from "@/lib/text";
import { LevelMark } from "@/ui/LevelMark";
import { fixedPieces, toErrorsOf, toPattern, toService } from "./narrowing";
import { changesQuery, NOTEWORTHY, patternsQuery } from "./queries";
import { newPatternsOf, risesOf, silentOf } from "./rises";
import { Trouble } from "./Trouble";

/** So many of each kind are worth a place in the strip. */
const MOST = 6;

interface Change {
  key: string;
  title: string;
  face: ReactNode;
  /** The filter that it leads to. */
  filter: string;
}

export function Changes() {
  const { filter, span, setFilter } = useScope();
  const changes = useQuery(changesQuery(span));
  const patterns = useQuery(patternsQuery(NOTEWORTHY, span));
  const services = changes.data?.services ?? [];
  const shown: Change[] = [
    ...risesOf(services)
      .slice(0, MOST)
      .map((rise) => ({
        key: `errors ${rise.service}`,
        title: `Errors of ${visible(rise.service)}: ${formatWhole(rise.errors)} of ${formatWhole(rise.records)} records; before ${formatWhole(rise.previousErrors)} of ${formatWhole(rise.previousRecords)}`,
        face: (
          <>
            <LevelMark level={levelNamed("ERROR")} />
            <span className="font-medium">{visible(rise.service)} errors</span>
            <span className="text-bad tabular-nums">
              {formatCount(rise.previousErrors)} → {formatCount(rise.errors)}
            </span>
          </>
        ),
        filter: toErrorsOf(rise.service, filter),
      })),
    ...silentOf(services)
      .slice(0, MOST)
      .map((one) => ({
        key: `silent ${one.service}`,
        title: `${visible(one.service)} wrote no record; before ${formatWhole(one.previousRecords)}`,
        face: <span className="font-medium text-caution">{visible(one.service)} is silent</span>,
        filter: toService(one.service, filter),
      })),
    ...newPatternsOf(patterns.data?.patterns ?? [])
      .filter((pattern) => fixedPieces(pattern.template).length > 0)
      .slice(0, MOST)
      .map((pattern) => ({
        key: `new ${pattern.template}`,
        title: `Never seen in the period before, ${formatWhole(pattern.count)} now: ${listLine(pattern.template)}`,
        face: (
          <>
            <LevelMark level={levelOf(pattern.severityNumber)} />
            <span className="text-muted">new</span>
            <span className="max-w-72 truncate font-mono">{listLine(pattern.template)}</span>
            <span className="text-muted tabular-nums">{formatCount(pattern.count)}</span>
          </>
        ),
        filter: toPattern(pattern.template, filter),
      })),
  ];
  const failed = [changes, patterns].find((query) => query.isError);

  return (
    <section aria-label="What changed" className="flex min-h-9 items-center gap-2 border-b border-line bg-surface px-3 text-xs">
      <h2 className="shrink-0 text-muted" title="Against the period of the same length before">
        What changed
      </h2>
      {shown.length > 0 && <Strip changes={shown} onChoose={(change) => setFilter(change.filter)} />}
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

/** A toolbar with one tab stop. */
function Strip({ changes, onChoose }: { changes: readonly Change[]; onChoose: (change: Change) => void }) {
  const bar = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState(0);
  const at = Math.min(stop, changes.length - 1);
  const focus = (index: number) => {
    const within = Math.min(Math.max(index, 0), changes.length - 1);
    setStop(within);
    bar.current?.querySelectorAll("button")[within]?.focus();
  };
  useKeys({ w: () => focus(at) });
  const pressed = (event: KeyboardEvent) => {
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: changes.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    focus(next);
  };
  return (
    <div
      ref={bar}
      role="toolbar"
      aria-label="What changed"
      className="flex min-w-0 gap-1.5 overflow-x-auto py-1 whitespace-nowrap"
    >
      {changes.map((change, index) => (
        <button
          key={change.key}
          type="button"
          tabIndex={index === at ? 0 : -1}
          title={change.title}
          onKeyDown={pressed}
          onFocus={() => setStop(index)}
          onClick={() => onChoose(change)}
          className="flex h-7 shrink-0 items-center gap-1.5 rounded-md border border-line px-2 outline-offset-[-2px] hover:bg-sunken"
        >
          {change.face}
        </button>
      ))}
    </div>
  );
}

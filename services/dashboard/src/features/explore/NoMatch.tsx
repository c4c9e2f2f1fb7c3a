/** Nothing matches: how many records would without each of the conditions. */

import { useQueries } from "@tanstack/react-query";
import { useScope } from "@/app/scope";
import { conjuncts, withoutConjunct } from "@/lib/filter";
import { formatCount } from "@/lib/format";
import { visible } from "@/lib/text";
import type { Span } from "@/lib/time";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { totalQuery } from "./useTotal";

/** More questions than this would cost more than they tell. */
const MOST_CONDITIONS = 8;

export function NoMatch({ filter, span }: { filter: string; span: Span }) {
  const { setFilter } = useScope();
  const parts = (conjuncts(filter) ?? []).slice(0, MOST_CONDITIONS);
  const without = parts.map((_, index) => withoutConjunct(filter, index));
  const counts = useQueries({ queries: without.map((rest) => totalQuery(rest, span)) });
  return (
    <Notice title="Nothing in this range matches the query">
      <p>Without one of its conditions there would be</p>
      <ul className="space-y-1.5">
        {parts.map(({ text, start }, index) => {
          const total = counts[index]?.data;
          return (
            <li key={start} className="flex flex-wrap items-center gap-2">
              <Button disabled={total === 0} onClick={() => setFilter(without[index]!)} className="text-ink">
                Drop <code className="max-w-80 truncate font-mono text-xs">{visible(text)}</code>
              </Button>
              <span className="tabular-nums">{sentence(counts[index]?.isPending ?? true, total)}</span>
            </li>
          );
        })}
      </ul>
      <p>A longer range of time may have some, too.</p>
    </Notice>
  );
}

function sentence(pending: boolean, total: number | null | undefined): string {
  if (pending) return "counting…";
  if (total === null || total === undefined) return "not counted";
  return total === 0 ? "still none" : `about ${formatCount(total)} rows`;
}

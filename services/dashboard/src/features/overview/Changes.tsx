/**
 * What changed against the period before, over all records of the range whatever the filter: each change is a button that
 * narrows the filter to it. `w` leads here, the arrows move within.
 */

import { useQuery } from "@tanstack/react-query";
import { useScope } from "@/app/scope";
import { changesOf } from "./changeList";
import { ChangeStrip } from "./ChangeStrip";
import { changesQuery, NOTEWORTHY, patternsQuery } from "./queries";
import { hasNothingBefore } from "./rises";
import { Trouble } from "./Trouble";

export function Changes() {
  const { filter, span, setFilter } = useScope();
  const changes = useQuery(changesQuery(span));
  const services = changes.data?.services ?? [];
  const hasFatal = services.some(({ fatal }) => fatal > 0n);
  const fatal = useQuery({ ...patternsQuery(NOTEWORTHY.fatal, span), enabled: span !== null && hasFatal });
  const errors = useQuery(patternsQuery(NOTEWORTHY.errors, span));
  const warnings = useQuery(patternsQuery(NOTEWORTHY.warnings, span));
  const patterns = {
    fatal: (hasFatal && fatal.data?.patterns) || [],
    errors: errors.data?.patterns ?? [],
    warnings: warnings.data?.patterns ?? [],
  };
  const shown = changesOf(services, patterns, filter);
  const asked = [changes, errors, warnings];
  const failed = [...asked, fatal].find((query) => query.isError);

  return (
    <section aria-label="What changed" className="flex min-h-9 items-center gap-2 border-b border-line bg-surface px-3 text-xs">
      <h2 className="shrink-0 text-muted" title="Against the period of the same length before; errors against each service's traffic">
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
      ) : asked.some((query) => query.isPending) ? (
        <p className="text-muted">Comparing with the period before…</p>
      ) : (
        shown.length === 0 && <p className="text-muted">Nothing beyond chance: no rise of errors, no new pattern among warnings and worse.</p>
      )}
    </section>
  );
}

import { type ReactNode, useEffect } from "react";
import { usePreferences } from "@/app/preferences";
import { Headline } from "@/features/pipeline/Headline";
import { everyAnswered, RATE_SECONDS, rateOf, since, storedOf } from "@/features/pipeline/history";
import { hopsOf } from "@/features/pipeline/hops";
import { HopTable } from "@/features/pipeline/HopTable";
import { ProblemList } from "@/features/pipeline/ProblemList";
import { ProcessorTable } from "@/features/pipeline/ProcessorTable";
import { ProducerTable } from "@/features/pipeline/ProducerTable";
import { Tracks } from "@/features/pipeline/Tracks";
import { useWatch } from "@/features/pipeline/watch";
import { formatWhole } from "@/lib/format";
import { announce } from "@/ui/Announcer";

/** Is the pipeline healthy, and is it losing anything? */
export function PipelinePage() {
  const { zone } = usePreferences();
  const watch = useWatch();
  const history = watch?.history;
  const summary = history?.summary ?? null;
  const storedRate = history ? rateOf(since(history.samples, RATE_SECONDS), storedOf) : null;
  const worst = watch && (watch.problems[0]?.sentence ?? "No problem in the pipeline.");
  useEffect(() => {
    if (worst) announce(worst);
  }, [worst]);

  return (
    <div className="mx-auto max-w-7xl space-y-6 p-4">
      <div className="space-y-3">
        <h1 className="sr-only">Pipeline</h1>
        <Headline summary={summary} storedRate={storedRate} old={history !== undefined && !everyAnswered(history.latest)} />
        {watch && <ProblemList problems={watch.problems} now={watch.history.latest.at} zone={zone} />}
        {!watch && <p className="text-sm text-muted">Asking the gateway…</p>}
      </div>
      {history && summary && (
        <Part title="Hops" note="Of the producers that were heard of within the last hour; what is missing, of all.">
          <HopTable hops={hopsOf(history.processors, summary)} />
        </Part>
      )}
      {history && history.answered.processors !== null && (
        <Part title="Processors" aside={<Tracks processors={history.processors} />}>
          <ProcessorTable history={history} zone={zone} />
        </Part>
      )}
      {history && history.answered.ledger !== null && (
        <Part title="Producers" note={producersNote(history.producers.length, history.producersTotal)}>
          {history.producers.length ? (
            <ProducerTable history={history} zone={zone} />
          ) : (
            <p className="text-sm text-muted">Nothing has been stored yet: no producer has sent a batch.</p>
          )}
        </Part>
      )}
    </div>
  );
}

function producersNote(shown: number, all: number): string {
  const lines = "Batches by number; a producer has one line for each of its spools.";
  return shown < all ? `${lines} The latest ${formatWhole(shown)} of ${formatWhole(all)}.` : lines;
}

function Part({ title, note, aside, children }: { title: string; note?: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="font-semibold">{title}</h2>
        {note && <p className="text-xs text-muted">{note}</p>}
        {aside}
      </div>
      {children}
    </section>
  );
}

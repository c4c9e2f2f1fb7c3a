/** The pipeline, looked at every 2 seconds: the answers, what is remembered of those before, and what is wrong. */

import { ConnectError } from "@connectrpc/connect";
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { pipeline } from "@/api/clients";
import { failureOf } from "@/api/failure";
import { nowMillis } from "@/lib/clock";
import { type History, remember } from "./history";
import { type Problem, problemsOf } from "./problems";
import { type Answer, factOf, processorOf, producerOf, type Snapshot, summaryOf } from "./snapshot";

const EVERY_MILLIS = 2_000;
/** A gateway waits at most 2 seconds for a processor, unless it is told otherwise. */
const ANSWER_MILLIS = 8_000;
const MOST_PRODUCERS = 1_000;
const KEY = ["pipeline", "watch"];

export interface Watch {
  history: History;
  problems: readonly Problem[];
}

/** What is known after one more poll. */
export function observe(before: Watch | undefined, latest: Snapshot): Watch {
  const history = remember(before?.history ?? null, latest);
  return { history, problems: problemsOf(history, before?.problems ?? []) };
}

/** Undefined until the first poll is over. What was seen is kept while the tab is open, on other pages too. */
export function useWatch(): Watch | undefined {
  const { data } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal, client }) => observe(client.getQueryData<Watch>(KEY), await ask(signal, client)),
    refetchInterval: EVERY_MILLIS,
    staleTime: 0,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
  return data;
}

/** Ask all questions at once; each may fail by itself. */
async function ask(signal: AbortSignal, client: QueryClient): Promise<Snapshot> {
  const options = { signal, timeoutMs: ANSWER_MILLIS };
  const [ledger, processors, summary, facts] = await Promise.all([
    answer(pipeline.listLedger({ pageSize: MOST_PRODUCERS }, options).then(({ entries, total }) => ({ producers: entries.map(producerOf), total: Number(total) }))),
    answer(pipeline.listProcessors({}, options).then((list) => list.processors.map(processorOf))),
    answer(
      pipeline.getSummary({}, options).then((whole) => {
        // The status on every page shows the same figures.
        client.setQueryData(["pipeline", "summary"], whole);
        return summaryOf(whole);
      }),
    ),
    answer(pipeline.listFacts({}, options).then((list) => list.facts.map(factOf))),
  ]);
  signal.throwIfAborted();
  return { at: nowMillis(), ledger, processors, summary, facts };
}

async function answer<T>(call: Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await call };
  } catch (error) {
    return { failed: ConnectError.from(error).rawMessage, denied: failureOf(error)?.kind === "denied" };
  }
}

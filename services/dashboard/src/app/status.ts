/** The pipeline's state in a few words, for the status on every page. */

import type { Failure } from "@/api/failure";
import type { GetSummaryResponse } from "@/gen/logmesh/v1/pipeline_service_pb";
import { formatDuration, formatWhole } from "@/lib/format";

export interface Status {
  mood: "unknown" | "good" | "caution" | "bad";
  /** What is wrong where something is; else lag and lost. */
  text: string;
}

/** From this lag on, records are late. */
const LATE_SECONDS = 5;

/** A failure comes before an answer: that one is of before. Without either, nothing is known. */
export function statusOf(summary: GetSummaryResponse | undefined, failure: Failure | null): Status {
  if (failure) return { mood: "bad", text: FAILED[failure.kind] ?? "state not known" };
  if (!summary) return { mood: "unknown", text: "…" };
  const { lostBatches, processors, processorsReady, processorsAnswering, processorsFailure, lag } = summary;
  const away = processors - processorsAnswering;
  const unready = processorsAnswering - processorsReady;
  const ofAll = (some: number) => `${some} of ${processors} ${processors === 1 ? "processor" : "processors"}`;
  const wrong = [
    lostBatches > 0n && `${formatWhole(lostBatches)} ${lostBatches === 1n ? "batch" : "batches"} lost`,
    away > 0 && `${ofAll(away)} away`,
    unready > 0 && `${ofAll(unready)} not ready`,
    processorsFailure !== "" && "no processor is found",
  ].filter(Boolean);
  if (wrong.length) return { mood: "bad", text: wrong.join(" · ") };
  if (!lag) return { mood: "bad", text: "lag unknown" };
  const lagSeconds = Number(lag.seconds) + lag.nanos / 1e9;
  return { mood: lagSeconds < LATE_SECONDS ? "good" : "caution", text: `lag ${formatDuration(lagSeconds)} · lost 0` };
}

const FAILED: Partial<Record<Failure["kind"], string>> = {
  away: "gateway away",
  denied: "no access",
  database: "database away",
  slow: "gateway slow",
  busy: "gateway busy",
};

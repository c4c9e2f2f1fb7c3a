/** The range has no record at all: where the nearest stored one is, and whether anything arrives. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { usePreferences } from "@/app/preferences";
import { useScope } from "@/app/scope";
import { useSummary } from "@/app/summary";
import { formatDateTime } from "@/lib/format";
import { absoluteRange, type Nanos, nowNanos, type Span } from "@/lib/time";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { lastEventQuery } from "./lastEvent";
import { around } from "./ranges";

/** Most visits never need it. */
const FirstRun = lazy(() => import("./FirstRun").then((file) => ({ default: file.FirstRun })));

const AROUND_MINUTES = 10;
const WHILE_BARE_MILLIS = 2_000;
/** A system whose last record is older than this takes none in. */
const SILENT_NANOS = 60_000_000_000n;

export function NoData({ span }: { span: Span }) {
  const { setRange } = useScope();
  const { zone } = usePreferences();
  const isBare = useIsBare();
  const last = useQuery({ ...lastEventQuery(span.end), refetchInterval: isBare ? WHILE_BARE_MILLIS : false });
  const moment = last.data ?? null;
  const silent = useSilence(span, moment);
  const jump = () => moment !== null && setRange(absoluteRange(around(moment, AROUND_MINUTES)));
  if (isBare && last.isSuccess) {
    return (
      <Suspense fallback={null}>
        <FirstRun came={moment} onShow={jump} />
      </Suspense>
    );
  }
  return (
    <Notice title={silent ?? "There are no records in this range"} kind={silent ? "caution" : "plain"}>
      {last.isPending && <p>Looking for the nearest one…</p>}
      {last.isSuccess && moment === null && <p>There is none in the store at all.</p>}
      {moment !== null && (
        <>
          <p>
            {moment < span.end ? "The last one before its end" : "The last one of all"} was written at {formatDateTime(moment, zone)}.
          </p>
          <Button className="text-ink" onClick={jump}>
            Go to it
          </Button>
        </>
      )}
      {silent && (
        <p>
          <Link to="/pipeline" className="text-accent underline">
            See where the pipeline stands
          </Link>
        </p>
      )}
    </Notice>
  );
}

/** Whether nothing was stored when this was first asked: it stays so until the page is left, to say that the first log has come. */
function useIsBare(): boolean {
  const summary = useSummary().data;
  const [wasBare, setBare] = useState(false);
  if (summary?.sendTo && !wasBare) setBare(true);
  return wasBare;
}

/** What is wrong with a range that reaches to now and is empty, as a title; null when nothing is. */
function useSilence(span: Span, last: Nanos | null): string | null {
  const summary = useSummary().data;
  if (!summary || nowNanos() - span.end > SILENT_NANOS) return null;
  if (summary.processorsReady === 0) return "Nothing is taken in: no processor is ready";
  if (summary.producers === 0) return "Nothing is taken in: no producer is connected";
  return last !== null && span.end - last > SILENT_NANOS ? "Nothing is taken in any more" : null;
}

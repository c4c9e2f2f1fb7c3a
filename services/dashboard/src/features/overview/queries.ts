/** The overview's questions to the gateway. Each is keyed by filter and span, and keeps the former answer while the next is on its way. */

import { keepPreviousData, queryOptions, skipToken } from "@tanstack/react-query";
import { queries } from "@/api/clients";
import { CompletionKind } from "@/gen/logmesh/v1/query_service_pb";
import { type Span, timestampOf } from "@/lib/time";
import { bucketsOf } from "./series";

interface Asked {
  signal: AbortSignal;
}

const BUCKETS = 60;
const MOST_PATTERNS = 100;
const MOST_SERVICES = 100;
/** New patterns are looked for among these: of all records only a sample would be looked at, and what is rare be missed. */
export const NOTEWORTHY = {
  fatal: "severity >= FATAL",
  errors: "severity >= ERROR AND severity < FATAL",
  warnings: "severity >= WARN AND severity < ERROR",
} as const;

/** Counts over time by the field `by`, and those of the period before. */
export function histogramQuery(filter: string, span: Span | null, by: string) {
  return queryOptions({
    queryKey: ["histogram", ...keyOf(span), filter, by],
    queryFn: span
      ? async ({ signal }: Asked) => {
          const question = { filter, ...during(span), buckets: BUCKETS, groupBy: by, previous: true };
          return bucketsOf(await queries.histogram(question, { signal }), by, span);
        }
      : skipToken,
    placeholderData: keepPreviousData,
  });
}

/** The most frequent values of fields. */
export function facetsQuery(filter: string, span: Span | null, fields: readonly string[], values: number) {
  return queryOptions({
    queryKey: ["facets", ...keyOf(span), filter, values, ...fields],
    queryFn: span ? ({ signal }: Asked) => queries.facets({ filter, ...during(span), fields: [...fields], values }, { signal }) : skipToken,
    placeholderData: keepPreviousData,
  });
}

/** Names of fields that begin as typed. */
export function fieldsQuery(typed: string, span: Span | null) {
  return queryOptions({
    queryKey: ["fields", ...keyOf(span), typed],
    queryFn: span
      ? async ({ signal }: Asked) => {
          const { startTime, endTime } = during(span);
          const { completions } = await queries.complete({ filter: typed, startTime, endTime, pageSize: 20 }, { signal });
          return completions.filter(({ kind }) => kind === CompletionKind.FIELD).map(({ text }) => text);
        }
      : skipToken,
    placeholderData: keepPreviousData,
  });
}

/** The most frequent templates. */
export function patternsQuery(filter: string, span: Span | null) {
  return queryOptions({
    queryKey: ["patterns", ...keyOf(span), filter],
    queryFn: span ? ({ signal }: Asked) => queries.listPatterns({ filter, ...during(span), pageSize: MOST_PATTERNS }, { signal }) : skipToken,
    placeholderData: keepPreviousData,
  });
}

/** Services by rise of their errors; of all records, whatever the filter. */
export function changesQuery(span: Span | null) {
  return queryOptions({
    queryKey: ["changes", ...keyOf(span)],
    queryFn: span ? ({ signal }: Asked) => queries.listChanges({ ...during(span), pageSize: MOST_SERVICES }, { signal }) : skipToken,
    placeholderData: keepPreviousData,
  });
}

function keyOf(span: Span | null): string[] {
  return span ? [String(span.start), String(span.end)] : [];
}

function during(span: Span) {
  return { startTime: timestampOf(span.start), endTime: timestampOf(span.end) };
}

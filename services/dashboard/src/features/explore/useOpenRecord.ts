/** The record that the address names, from the rows or, when they don't have it, from the store. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "@/api/clients";
import { type Failure, failureOf } from "@/api/failure";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import type { Nanos } from "@/lib/time";

export interface OpenRecord {
  record: LogRecord | null;
  /** Why it can't be shown. */
  failure: Failure | null;
  /** Whether it came by a link: nobody opened it from this list. */
  linked: boolean;
  /** Remember the record that is being opened: it stays open when newer rows push it out of the list. */
  remember: (record: LogRecord) => void;
}

/** `settled` says whether the rows are all there for now, so that what they don't have must be asked for. */
export function useOpenRecord(id: string, at: Nanos | null, rows: readonly LogRecord[], settled: boolean): OpenRecord {
  const [opened, remember] = useState<LogRecord | null>(null);
  const known = opened?.id === id ? opened : rows.find((record) => record.id === id);
  const asked = useQuery({
    queryKey: ["record", id, String(at)],
    queryFn: async ({ signal }) => {
      const request = { recordId: id, before: 1, after: 1, timeUnixNano: at ?? 0n };
      const { records, index } = await queries.getContext(request, { signal });
      return records[index] ?? null;
    },
    enabled: id !== "" && !known && settled,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return {
    record: id === "" ? null : (known ?? asked.data ?? null),
    failure: id !== "" && !known && asked.isError ? failureOf(asked.error) : null,
    linked: id !== "" && opened?.id !== id,
    remember,
  };
}

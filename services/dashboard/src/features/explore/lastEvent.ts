/** When the records around an empty range were written, over all that is stored. */

import { queries } from "@/api/clients";
import { type Nanos, nowNanos, timestampOf } from "@/lib/time";

/** Pages of a search that only runs out of time are few: each goes on where the last one ended. */
const MOST_PAGES = 10;

/** The last one before a moment; where there is none, the last one of all. Null when nothing is stored. */
export function lastEventQuery(before: Nanos) {
  return {
    queryKey: ["last-event", String(before)],
    queryFn: async ({ signal }: { signal: AbortSignal }) =>
      (await lastEvent(before, signal)) ?? (await lastEvent(nowNanos(), signal)),
  };
}

async function lastEvent(before: Nanos, signal: AbortSignal): Promise<Nanos | null> {
  const asked = { startTime: timestampOf(0n), endTime: timestampOf(before), pageSize: 1 };
  let pageToken = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    for await (const { message } of queries.search({ ...asked, pageToken }, { signal })) {
      if (message.case === "rows") return message.value.records[0]?.timeUnixNano ?? null;
      if (message.case === "done") pageToken = message.value.nextPageToken;
    }
    if (!pageToken) return null;
  }
  return null;
}

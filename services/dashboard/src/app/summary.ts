/** The pipeline in a few figures, asked for once for all who show them. */

import { useQuery } from "@tanstack/react-query";
import { pipeline } from "@/api/clients";

const EVERY_MILLIS = 5_000;
const WHILE_AWAY_MILLIS = 2_000;
/** A gateway that takes longer is away to a reader; it waits 2 seconds for a processor by itself. */
const ANSWER_MILLIS = 8_000;

export function useSummary() {
  return useQuery({
    queryKey: ["pipeline", "summary"],
    queryFn: ({ signal }) => pipeline.getSummary({}, { signal, timeoutMs: ANSWER_MILLIS }),
    refetchInterval: ({ state }) => (state.error ? WHILE_AWAY_MILLIS : EVERY_MILLIS),
    // It is asked again soon anyway, and until then must say what is so.
    retry: false,
  });
}

/** Asking again by itself while the gateway is away or busy, after pauses that grow. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Failure, passes } from "@/api/failure";
import type { StreamStatus } from "@/api/useStream";

const LONGEST_SECONDS = 30;

/** Seconds before try number `attempt`, from 0: 2, 4, 8, 16, 30, 30, … */
export function pauseSeconds(attempt: number): number {
  return Math.min(2 ** (attempt + 1), LONGEST_SECONDS);
}

/** Seconds until the next try; 0 while one is on its way after a failed one; null when nothing has to be tried again. */
export function useRetry(status: StreamStatus, failure: Failure | null, retry: () => void): number | null {
  const [attempts, setAttempts] = useState(0);
  const client = useQueryClient();
  const [healed, setHealed] = useState(0);
  const [left, setLeft] = useState<number | null>(null);
  const mayHeal = passes(failure);

  if (status === "done" && attempts > 0) {
    setAttempts(0);
    setHealed(healed + 1);
  }
  useEffect(() => {
    // What else failed meanwhile can be had now, too.
    if (healed) void client.refetchQueries({ type: "active", predicate: (query) => query.state.status === "error" });
  }, [healed, client]);
  useEffect(() => {
    if (!mayHeal) return undefined;
    const due = Date.now() + pauseSeconds(attempts) * 1000;
    const tick = () => {
      const seconds = Math.ceil((due - Date.now()) / 1000);
      setLeft(Math.max(seconds, 0));
      if (seconds > 0) return;
      clearInterval(timer);
      setAttempts(attempts + 1);
      retry();
    };
    const timer = setInterval(tick, 250);
    tick();
    return () => clearInterval(timer);
  }, [mayHeal, attempts, retry]);
  if (mayHeal) return left ?? pauseSeconds(attempts);
  return status === "streaming" && attempts > 0 ? 0 : null;
}

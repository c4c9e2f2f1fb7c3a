/** The tails of a page: one worker for as long as the filters are the same. */

import { useEffect, useState } from "react";
import { createStore, useStore } from "@/lib/store";
import { LiveClient } from "./client";
import { loadMissing } from "./loading";

/** The client of these filters' tails; null for the moment before the worker is there. */
export function useLive(filters: readonly string[]): LiveClient | null {
  const key = JSON.stringify(filters);
  const [opened] = useState(() => createStore<LiveClient | null>(null));
  useEffect(() => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const client = new LiveClient(worker, JSON.parse(key) as string[], loadMissing);
    opened.set(client);
    return () => client.close();
  }, [key, opened]);
  return useStore(opened);
}

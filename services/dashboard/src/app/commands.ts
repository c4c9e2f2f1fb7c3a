/** What the command palette offers: the shell's commands and those of the open page. */

import { useEffect } from "react";
import { createStore, useStore } from "@/lib/store";

export interface Command {
  /** Unique; also the order among equals. */
  name: string;
  /** The key that does the same, if any. */
  keys?: string;
  run: () => void;
}

const offered = createStore<readonly Command[]>([]);

export const useOffered = (): readonly Command[] => useStore(offered);

/** Offer commands while the component is there. Keep the list in useMemo. */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => {
    offered.set([...offered.get(), ...commands]);
    return () => offered.set(offered.get().filter((command) => !commands.includes(command)));
  }, [commands]);
}

/** What is said of facts: whose they are, since when, and how one ends. */

import { formatWhole } from "@/lib/format";
import type { Fact } from "./snapshot";

/** How a fact ends, for the gateway keeps it until then. */
export const ACKNOWLEDGE = "When it is dealt with, logmesh acknowledge notes in the ledger who has seen it, and why.";

/** `: log-producer-0 4, log-producer-1 2`, each producer once. */
export function producersOf(facts: readonly Fact[]): string {
  const counts = new Map<string, number>();
  for (const { producer, batches: count } of facts) counts.set(producer, (counts.get(producer) ?? 0) + count);
  const names = [...counts].map(([name, count]) => `${name} ${formatWhole(count)}`);
  return names.length ? `: ${names.join(", ")}` : "";
}

/** When the first of them began, unless that is not known of one. */
export function earliest(facts: readonly Fact[]): number | undefined {
  const moments = facts.map(({ since: moment }) => moment);
  return moments.length && moments.every((moment) => moment !== null) ? Math.min(...moments) : undefined;
}

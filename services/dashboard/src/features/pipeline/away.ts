/** Which processors are away, by the best name there is for each. */

import type { History } from "./history";

export interface Away {
  /** Its name, or its address when no answer of it was ever seen. */
  name: string;
  /** When it last answered this page, milliseconds since 1970; null for never. */
  lastAnswer: number | null;
}

/**
 * Processors that do not answer, and those that answered before and are not listed any more: name service lists only those
 * that are up.
 *
 * One that never answered the gateway is listed by its address. When that may be one of those seen before, it is not
 * counted twice.
 */
export function awayProcessors({ processors, seen }: Pick<History, "processors" | "seen">): Away[] {
  const listed = new Set(processors.map(({ name }) => name));
  const silent = processors.filter(({ answers }) => !answers).map(({ name }) => name);
  const named = silent.filter((name) => seen.has(name));
  const strangers = silent.filter((name) => !seen.has(name));
  const unlisted = [...seen.keys()].filter((name) => !listed.has(name));
  const others = strangers.length > unlisted.length ? strangers : unlisted;
  return [...named, ...others].toSorted().map((name) => ({ name, lastAnswer: seen.get(name)?.at ?? null }));
}

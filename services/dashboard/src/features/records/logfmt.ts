/** Reads logfmt: `level=info msg="it is up" status=200`, with words before it or not. */

import { unquoted } from "@/lib/json";

export interface Pair {
  readonly key: string;
  /** Null for a key that stands alone. */
  readonly value: string | null;
}

export interface Logfmt {
  /** What stands before the first pair. */
  readonly before: string;
  readonly pairs: readonly Pair[];
}

const FIRST = /(?:^|\s)(?=[A-Za-z_@][\w.@-]*=)/;
const PAIR = /([A-Za-z_@][\w.@-]*)(?:=("(?:[^"\\]|\\.)*"|[^\s"]*))?(?:\s+|$)/y;
/** Fewer pairs are words with an equals sign. */
const FEWEST = 3;

/** Null for a line that is something else. */
export function readLogfmt(line: string): Logfmt | null {
  const first = FIRST.exec(line);
  if (!first) return null;
  const start = first.index + first[0].length;
  const pairs: Pair[] = [];
  for (PAIR.lastIndex = start; PAIR.lastIndex < line.length; ) {
    const found = PAIR.exec(line);
    if (!found) return null;
    const value = found[2];
    pairs.push({ key: found[1]!, value: value === undefined ? null : value.startsWith('"') ? unquoted(value) : value });
  }
  const valued = pairs.filter(({ value }) => value !== null).length;
  return valued >= FEWEST && valued >= 0.75 * pairs.length ? { before: line.slice(0, start), pairs } : null;
}

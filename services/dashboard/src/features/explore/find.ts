/** Finding a text among the rows that are loaded, which the browser's own search can't do in a virtualised list. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { listLine } from "@/lib/text";

/** The rows whose line has the text, in any case; none for an empty text. */
export function foundRows(rows: readonly LogRecord[], text: string): number[] {
  const sought = text.toLowerCase();
  if (!sought) return [];
  const found: number[] = [];
  for (const [index, { body }] of rows.entries()) if (listLine(body).toLowerCase().includes(sought)) found.push(index);
  return found;
}

/** The next of `found` after row `from`, or the one before it; around the end it goes on from the other side. -1: none. */
export function nextFound(found: readonly number[], from: number, backwards: boolean): number {
  if (found.length === 0) return -1;
  if (backwards) return found.findLast((row) => row < from) ?? found.at(-1)!;
  return found.find((row) => row > from) ?? found[0]!;
}

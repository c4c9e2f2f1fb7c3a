/** Finding a text among the rows that are loaded, which the browser's own search can't do in a virtualised list. */

import { lineText } from "@/features/records/face";
import type { LogRecord } from "@/gen/logmesh/v1/record_pb";

/** The rows whose line has the text, in any case; none for an empty text. */
export function foundRows(rows: readonly LogRecord[], text: string): number[] {
  const sought = text.toLowerCase();
  if (!sought) return [];
  const found: number[] = [];
  for (const [index, record] of rows.entries()) if (lineOf(record).includes(sought)) found.push(index);
  return found;
}

/** Lines that were looked through, in lower case: each letter that is typed looks through all of them. */
const lines = new WeakMap<LogRecord, string>();

function lineOf(record: LogRecord): string {
  const known = lines.get(record);
  if (known !== undefined) return known;
  const line = lineText(record.body).toLowerCase();
  lines.set(record, line);
  return line;
}

/** The next of `found` after row `from`, or the one before it; around the end it goes on from the other side. -1: none. */
export function nextFound(found: readonly number[], from: number, backwards: boolean): number {
  if (found.length === 0) return -1;
  if (backwards) return found.findLast((row) => row < from) ?? found.at(-1)!;
  return found.find((row) => row > from) ?? found[0]!;
}

/**
 * Where the logs of a trace are drawn: a lane a service, within it a row for each of the spans that overlap, and on the rows a
 * mark for each log. Marks that would lie on each other are one, so that a lane holds a bounded number of them.
 */

import { type Level, levelOf } from "@/lib/levels";
import type { Axis } from "./axis";
import { groupsOf } from "./groups";
import { type Entry, isError } from "./trace";

export interface Mark {
  /** On the axis, from 0 to 1. */
  readonly position: number;
  /** Row of the lane, from 0 at the top. */
  readonly row: number;
  /** The most severe of its logs, which gives the mark its look and is opened by it. */
  readonly entry: Entry;
  readonly level: Level;
  /** All logs it stands for, at least one. */
  readonly entries: readonly Entry[];
}

/** The logs of one span, from its first to its last. */
export interface Bar {
  readonly span: string;
  readonly left: number;
  readonly right: number;
  readonly row: number;
  readonly failed: boolean;
}

export interface Lane {
  readonly service: string;
  readonly rows: number;
  readonly bars: readonly Bar[];
  readonly marks: readonly Mark[];
  readonly logs: number;
  readonly errors: number;
}

/** Marks of one row are told apart down to this part of the axis. */
const SLOTS = 120;
/** Further spans share the last row. */
const MOST_ROWS = 5;

/** The lanes of a trace, in the order in which the services first wrote. */
export function lanesOf(entries: readonly Entry[], axis: Axis): Lane[] {
  return [...groupsOf(entries, ({ service }) => service)].map(([service, logs]) => laneOf(service, logs, axis));
}

function laneOf(service: string, entries: readonly Entry[], axis: Axis): Lane {
  const bars: Bar[] = [];
  const rowEnds: number[] = [];
  const rowOf = new Map<string, number>();
  for (const [span, logs] of groupsOf(entries, (entry) => entry.span)) {
    const [left, right] = [axis.place(logs[0]!.offset), axis.place(logs.at(-1)!.offset)];
    const free = rowEnds.findIndex((end) => end + 1 / SLOTS < left);
    const row = Math.min(free < 0 ? rowEnds.length : free, MOST_ROWS - 1);
    rowEnds[row] = Math.max(rowEnds[row] ?? 0, right);
    rowOf.set(span, row);
    if (span) bars.push({ span, left, right, row, failed: logs.some(isError) });
  }
  return {
    service,
    rows: Math.max(rowEnds.length, 1),
    bars,
    marks: marksOf(entries, axis, rowOf),
    logs: entries.length,
    errors: entries.filter(isError).length,
  };
}

function marksOf(entries: readonly Entry[], axis: Axis, rowOf: ReadonlyMap<string, number>): Mark[] {
  const slotOf = (entry: Entry) => `${rowOf.get(entry.span)} ${Math.round(axis.place(entry.offset) * SLOTS)}`;
  return [...groupsOf(entries, slotOf).values()].map((together) => {
    const entry = together.reduce((worst, one) =>
      one.record.severityNumber > worst.record.severityNumber ? one : worst,
    );
    return {
      position: axis.place(entry.offset),
      row: rowOf.get(entry.span) ?? 0,
      entry,
      level: levelOf(entry.record.severityNumber),
      entries: together,
    };
  });
}

/** Filters that a click on a change or a pattern leads to. */

import { condition, withCondition, withoutField } from "@/lib/filter";

const VARIABLE = "<*>";
/** So many pieces tell templates apart; more would only make the filter long. */
const MOST_PIECES = 4;
/** A filter has at most 4096 bytes. */
const PIECE_CHARACTERS = 160;

/** The filter on a service's errors, in place of what it said about service and severity. */
export function toErrorsOf(service: string, filter: string): string {
  return withCondition(toService(service, filter), "severity >= ERROR");
}

/** The filter on what is fatal of a service, likewise. */
export function toFatalOf(service: string, filter: string): string {
  return withCondition(toService(service, filter), "severity >= FATAL");
}

/** The filter on all records of a service, in place of what it said about service and severity. */
export function toService(service: string, filter: string): string {
  return withCondition(without(filter, "service", "severity"), condition("service", "=", service));
}

/** The filter on a template's records alone, wherever and however severe they are. */
export function toPattern(template: string, filter: string): string {
  return withPattern(template, without(filter, "service", "severity", "body"));
}

/** The filter with a template's fixed pieces, each to be found in the body; a template without any changes nothing. */
export function withPattern(template: string, filter: string): string {
  return fixedPieces(template)
    .map((piece) => condition("body", ":", piece))
    .reduce(withCondition, filter);
}

/** The longest texts between what varies, in their order; none when all varies. */
export function fixedPieces(template: string): string[] {
  const pieces = template
    .split(VARIABLE)
    .map((piece) => piece.trim().slice(0, PIECE_CHARACTERS).trim())
    .filter((piece) => /[\p{L}\p{N}]/u.test(piece));
  const distinct = [...new Set(pieces)];
  const longest = new Set(distinct.toSorted((one, other) => other.length - one.length).slice(0, MOST_PIECES));
  return distinct.filter((piece) => longest.has(piece));
}

function without(filter: string, ...fields: string[]): string {
  return fields.reduce(withoutField, filter);
}

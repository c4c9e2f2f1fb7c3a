/** Which facets are asked for together. */

import { conjuncts } from "@/lib/filter";
import { apartFrom } from "./valueChoice";

export interface FacetQuestion {
  readonly filter: string;
  readonly fields: readonly string[];
}

/** Fields that every reader sees. */
export const STANDING: readonly string[] = ["level", "service", "resource.service.version", "instance"];
/** The address keeps the reader's own fields in one text. */
const SEPARATOR = ",";

/**
 * A field's values are counted without the filter's own conditions on it, so that what is left out stays in sight; fields whose
 * filter is the same go together. A field that the reader has added goes alone: when it can't be counted, the others still are.
 */
export function questionsOf(filter: string, added: readonly string[]): FacetQuestion[] {
  const readable = conjuncts(filter) !== null;
  const filterOf = (field: string) => (readable ? apartFrom(filter, field) : filter);
  const together = new Map<string, string[]>();
  for (const field of STANDING) together.set(filterOf(field), [...(together.get(filterOf(field)) ?? []), field]);
  return [
    ...[...together].map(([shared, fields]) => ({ filter: shared, fields })),
    ...added.map((field) => ({ filter: filterOf(field), fields: [field] })),
  ];
}

/** The reader's fields as the address has them. */
export function addedFields(text: string | undefined): string[] {
  const fields = (text ?? "").split(SEPARATOR).map((field) => field.trim());
  return [...new Set(fields)].filter((field) => field && !STANDING.includes(field));
}

export function addressOf(added: readonly string[]): string | undefined {
  return added.length ? added.join(SEPARATOR) : undefined;
}

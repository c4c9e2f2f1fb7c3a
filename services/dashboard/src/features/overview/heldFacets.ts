/** The facets of the last answers, field by field: a question on its way leaves what is in sight until it is answered. */

import { useState } from "react";
import type { Facet } from "@/gen/logmesh/v1/query_service_pb";

export interface HeldFacet {
  readonly facet: Facet;
  /** Whether it answers an earlier question. */
  readonly isOld: boolean;
}

/** One entry for each of the `fields` that was ever answered, in their order. */
export function heldFacets(before: readonly HeldFacet[], answered: readonly HeldFacet[], fields: readonly string[]): HeldFacet[] {
  return fields.flatMap((field) => {
    const now = answered.find(({ facet }) => facet.field === field);
    const old = before.find(({ facet }) => facet.field === field);
    return now ?? (old ? { ...old, isOld: true } : []);
  });
}

/** `fields` and `answered` as of now; what was drawn before comes with it where nothing newer is there. */
export function useHeldFacets(answered: readonly HeldFacet[], fields: readonly string[]): readonly HeldFacet[] {
  const [held, hold] = useState<readonly HeldFacet[]>([]);
  const shown = heldFacets(held, answered, fields);
  const isSame = shown.length === held.length && shown.every(({ facet, isOld }, index) => facet === held[index]!.facet && isOld === held[index]!.isOld);
  if (isSame) return held;
  hold(shown);
  return shown;
}

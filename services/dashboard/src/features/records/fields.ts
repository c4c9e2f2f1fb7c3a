/** A record's attributes as a tree whose leaves the filter language can name. */

import { isMap, type Plain, type PlainMap } from "@/lib/values";

export interface Field {
  /** The last part of its path. */
  readonly name: string;
  /** As the filter language walks to it: `attributes` or `resource`, then members by name, outermost first. */
  readonly path: readonly string[];
  readonly value: Plain;
  /** The members of an object, in order of name; none for a leaf. */
  readonly members: readonly Field[];
}

/** The members of an object as fields, in order of name; lists and empty objects are leaves. */
export function fieldsOf(object: PlainMap, above: readonly string[] = []): Field[] {
  return Object.entries(object)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => {
      const path = [...above, name];
      return { name, path, value, members: isMap(value) ? fieldsOf(value, path) : [] };
    });
}

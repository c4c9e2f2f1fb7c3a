/** Attributes for tests. */

import { create } from "@bufbuild/protobuf";
import { type AnyValue, AnyValueSchema } from "@/gen/logmesh/v1/record_pb";

/** Whole numbers are ints, others doubles. */
export function attributesOf(values: Record<string, unknown>): Record<string, AnyValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, create(AnyValueSchema, { kind: kindOf(value) })]));
}

function kindOf(value: unknown): AnyValue["kind"] {
  if (typeof value === "string") return { case: "stringValue", value };
  if (typeof value === "boolean") return { case: "boolValue", value };
  if (typeof value === "number") {
    return Number.isInteger(value) ? { case: "intValue", value: BigInt(value) } : { case: "doubleValue", value };
  }
  if (value === null) return { case: undefined };
  const members = attributesOf(value as Record<string, unknown>);
  const made = Array.isArray(value)
    ? { kind: { case: "arrayValue" as const, value: { values: Object.values(members) } } }
    : { kind: { case: "kvlistValue" as const, value: { values: members } } };
  return create(AnyValueSchema, made).kind;
}

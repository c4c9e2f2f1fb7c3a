/** The chosen columns of the table: fields of the filter language, which the address holds with commas between them. */

import type { LogRecord } from "@/gen/logmesh/v1/record_pb";
import { conditionThat, fieldOf } from "@/lib/filter";
import { instanceOf, serviceOf, toHex } from "@/lib/records";
import { isMap, type Plain, type PlainMap, plainOf, textOf } from "@/lib/values";

const FIELD = /(?:"(?:\\.|[^"\\])*"|[^,"])+/g;
const KEY = /"((?:\\.|[^"\\])*)"|([^."]+)/g;

export function columnsOf(text: string): string[] {
  return [...new Set((text.match(FIELD) ?? []).map((field) => field.trim()).filter(Boolean))];
}

/** The columns with one more, or without it when it is there already. */
export function toggledColumn(text: string, field: string): string {
  const columns = columnsOf(text);
  return (columns.includes(field) ? columns.filter((column) => column !== field) : [...columns, field]).join(",");
}

/** A path such as `["attributes", "http", "status"]` as the filter language writes it. */
export function fieldOfPath([root, ...keys]: readonly string[]): string {
  return fieldOf(root === "resource" ? "resource" : "attributes", ...keys);
}

/** The condition that a record has, or has not, what it has at this path; of a list or an object, that it has any. */
export function conditionAt(path: readonly string[], value: Plain, wanted: boolean): string {
  const field = fieldOfPath(path);
  if (Array.isArray(value) || isMap(value)) return conditionThat(field, null, !wanted);
  return conditionThat(field, textOf(value), wanted);
}

/** What a record has in a field, as text; empty when it has nothing there. */
export function valueOf(record: LogRecord, field: string): string {
  if (field === "service") return serviceOf(record);
  if (field === "instance") return instanceOf(record);
  if (field === "severity") return record.severityText || String(record.severityNumber);
  if (field === "trace_id") return toHex(record.traceId);
  if (field === "span_id") return toHex(record.spanId);
  const [root, ...keys] = [...field.matchAll(KEY)].map(([, quoted, bare]) => bare ?? quoted!.replace(/\\(.)/g, "$1"));
  if (root === "attributes") return textOf(memberOf(plainOf(record.attributes), keys)) ?? "";
  if (root === "resource") return textOf(memberOf(plainOf(record.resource?.attributes), keys)) ?? "";
  return "";
}

/** As the filter language walks: `a.b` is the member `a.b` or, where there is none, `b` within `a`. */
function memberOf(object: PlainMap, keys: readonly string[]): Plain | undefined {
  for (let length = keys.length; length > 0; length -= 1) {
    const member = object[keys.slice(0, length).join(".")];
    if (member === undefined) continue;
    if (length === keys.length) return member;
    if (isMap(member)) {
      const found = memberOf(member, keys.slice(length));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const ALWAYS = ["instance", "trace_id", "span_id"];
const LOOKED_AT = 500;

/** The fields that the first records have, in order of name; lists and objects count as their members do. */
export function fieldsIn(rows: readonly LogRecord[]): string[] {
  const found = new Set<string>();
  const walk = (object: PlainMap, above: readonly string[]) => {
    for (const [key, value] of Object.entries(object)) {
      const path = [...above, key];
      if (isMap(value)) walk(value, path);
      else found.add(fieldOfPath(path));
    }
  };
  for (const { attributes, resource } of rows.slice(0, LOOKED_AT)) {
    walk(plainOf(attributes), ["attributes"]);
    walk(plainOf(resource?.attributes), ["resource"]);
  }
  return [...ALWAYS, ...[...found].toSorted()];
}

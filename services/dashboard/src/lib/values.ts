/** Values of attributes as the page has them: what JSON has, each number with all its digits. */

import type { AnyValue } from "@/gen/logmesh/v1/record_pb";

export type Plain = null | boolean | string | number | Digits | Plain[] | PlainMap;
export interface PlainMap {
  [name: string]: Plain;
}

/** A number whose text JavaScript's own numbers don't give back: `9007199254740993`, `1.0`. */
export class Digits {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** A record's attributes, or its resource's. The same map gives the same object. */
export function plainOf(values: Record<string, AnyValue> | undefined): PlainMap {
  if (!values) return {};
  let plain = known.get(values);
  if (!plain) {
    plain = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plainValue(value)]));
    known.set(values, plain);
  }
  return plain;
}

const known = new WeakMap<Record<string, AnyValue>, PlainMap>();

/** One value; bytes are an object of the member `logmesh.bytes`, as everywhere in JSON. */
export function plainValue({ kind }: AnyValue): Plain {
  switch (kind.case) {
    case undefined:
      return null;
    case "arrayValue":
      return kind.value.values.map(plainValue);
    case "kvlistValue":
      return plainOf(kind.value.values);
    case "intValue":
      return Number.isSafeInteger(Number(kind.value)) ? Number(kind.value) : new Digits(String(kind.value));
    case "doubleValue":
      return double(kind.value);
    case "decimalValue":
      return NUMBER.test(kind.value) ? new Digits(kind.value) : kind.value;
    case "bytesValue":
      return { "logmesh.bytes": btoa(Array.from(kind.value, (byte) => String.fromCharCode(byte)).join("")) };
    default:
      return kind.value;
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

export function isMap(value: Plain): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Digits);
}

/** The value as JSON. */
export function jsonOf(value: Plain): string {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(",")}]`;
  if (!isMap(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonOf(member)}`)
    .join(",")}}`;
}

/** A text as it is, anything else as JSON; null for nothing. */
export function textOf(value: Plain | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : jsonOf(value);
}

/** JSON has neither NaN nor the infinities, and a whole double keeps its fraction. */
function double(number: number): number | Digits | string {
  if (!Number.isFinite(number)) return String(number);
  if (!Number.isInteger(number)) return number;
  const [, sign, first, more = "", exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e\+(\d+))?$/.exec(String(number))!;
  return new Digits(`${sign}${first}${more.padEnd(Number(exponent ?? 0), "0")}.0`);
}

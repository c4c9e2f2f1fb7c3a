import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AnyValueSchema } from "@/gen/logmesh/v1/record_pb";
import { jsonOf, plainOf, plainValue, textOf } from "./values";

type Kind = NonNullable<Parameters<typeof create<typeof AnyValueSchema>>[1]>["kind"];

const valueOf = (kind: Kind) => create(AnyValueSchema, { kind });
const written = (kind: Kind) => jsonOf(plainValue(valueOf(kind)));

test("numbers keep all their digits", () => {
  expect(written({ case: "intValue", value: 42n })).toBe("42");
  expect(written({ case: "intValue", value: 9007199254740993n })).toBe("9007199254740993");
  expect(written({ case: "doubleValue", value: 0.1 })).toBe("0.1");
  expect(written({ case: "doubleValue", value: 1 })).toBe("1.0");
  expect(written({ case: "doubleValue", value: -0 })).toBe("0.0");
  expect(written({ case: "doubleValue", value: 1e22 })).toBe("10000000000000000000000.0");
  expect(written({ case: "doubleValue", value: -1.5e21 })).toBe("-1500000000000000000000.0");
  expect(written({ case: "decimalValue", value: "123456789012345678901234567890" })).toBe("123456789012345678901234567890");
});

test("what JSON lacks has the text that the gateway gives it", () => {
  expect(written({ case: "doubleValue", value: Number.NEGATIVE_INFINITY })).toBe('"-Infinity"');
  expect(written({ case: "bytesValue", value: Uint8Array.of(0, 255) })).toBe('{"logmesh.bytes":"AP8="}');
  expect(written({ case: "decimalValue", value: "ten" })).toBe('"ten"');
  expect(written({ case: undefined })).toBe("null");
});

test("lists and maps hold values, and a text stands for itself", () => {
  const nested = { a: valueOf({ case: "arrayValue", value: { values: [valueOf({ case: "boolValue", value: true })] } }) };
  const map = { deep: valueOf({ case: "kvlistValue", value: { values: nested } }), text: valueOf({ case: "stringValue", value: 'a"' }) };
  expect(jsonOf(plainOf(map))).toBe('{"deep":{"a":[true]},"text":"a\\""}');
  expect(textOf(plainOf(map).text)).toBe('a"');
  expect(textOf(plainOf(map).none)).toBeNull();
  expect(plainOf(map)).toBe(plainOf(map));
});

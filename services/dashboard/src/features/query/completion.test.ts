import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { CompletionKind, CompletionSchema } from "@/gen/logmesh/v1/query_service_pb";
import { completed, corrected, unitsOfBytes } from "./completion";

const completion = (text: string, replaceFrom: number, kind = CompletionKind.VALUE) =>
  create(CompletionSchema, { text, replaceFrom, kind });

test("bytes of UTF-8 become units of UTF-16", () => {
  expect([0, 1, 3, 7].map((bytes) => unitsOfBytes("aä😀b", bytes))).toEqual([0, 1, 2, 4]);
});

test("a completion takes the place of the word before the caret, and what follows stays", () => {
  const text = "ä service = che AND timeout";
  expect(completed(text, 15, completion("checkout", 13))).toEqual({ text: "ä service = checkout AND timeout", caret: 20 });
  expect(completed("serv", 4, completion("service", 0, CompletionKind.FIELD))).toEqual({ text: "service ", caret: 8 });
});

test("a field that has members goes on at once", () => {
  expect(completed("att", 3, completion("attributes.", 0, CompletionKind.FIELD))).toEqual({ text: "attributes.", caret: 11 });
});

test("the wrong word alone is corrected", () => {
  expect(corrected("😀 AND sevice=a", 6, "service")).toBe("😀 AND service=a");
});

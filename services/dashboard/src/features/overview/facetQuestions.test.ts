import { expect, test } from "vitest";
import { addedFields, addressOf, questionsOf, STANDING } from "./facetQuestions";

test("fields without conditions of their own are asked for together", () => {
  expect(questionsOf("timeout", [])).toEqual([{ filter: "timeout", fields: STANDING }]);
  expect(questionsOf("service = cart timeout severity >= ERROR", ["attributes.sku"])).toEqual([
    { filter: "service = cart AND timeout", fields: ["level"] },
    { filter: "timeout AND severity >= ERROR", fields: ["service"] },
    { filter: "service = cart AND timeout AND severity >= ERROR", fields: ["resource.service.version", "instance"] },
    { filter: "service = cart AND timeout AND severity >= ERROR", fields: ["attributes.sku"] },
  ]);
});

test("a filter that is not finished is left to the gateway", () => {
  expect(questionsOf("(service = cart", [])).toEqual([{ filter: "(service = cart", fields: STANDING }]);
});

test("the reader's fields come from the address and go back to it", () => {
  expect(addedFields("attributes.sku, attributes.sku,level,")).toEqual(["attributes.sku"]);
  expect(addressOf(["attributes.sku", "resource.x"])).toBe("attributes.sku,resource.x");
  expect([addressOf([]), addedFields(undefined)]).toEqual([undefined, []]);
});

import { expect, test } from "vitest";
import { traceIdIn, whyNoTraceId } from "./traceId";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";

test.each([ID, ID.toUpperCase(), `00-${ID}-00f067aa0ba902b7-01`, `traceparent: 00-${ID}-00f067aa0ba902b7-01`, `{"trace_id":"${ID}"}`])(
  "the id is found in %s",
  (text) => expect(traceIdIn(text)).toBe(ID),
);

test.each(["", "checkout", ID.slice(1), `${ID}0`, "0".repeat(32)])("there is no id in %j", (text) => {
  expect(traceIdIn(text)).toBeNull();
  expect(whyNoTraceId(text)).not.toBe("");
});

test("how many digits are missing is said", () => {
  expect(whyNoTraceId(ID.slice(2))).toBe("A trace id has 32 hexadecimal digits; this has 30.");
});

import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { failureOf, passes } from "./failure";

test("a filter's error has its place and what was meant", () => {
  const text = "unknown field sevice at character 5; expected a field; did you mean service?";
  expect(failureOf(new ConnectError(text, Code.InvalidArgument))).toEqual({
    kind: "filter",
    message: text,
    position: 4,
    suggestion: "service",
  });
});

test("what was cancelled is no failure", () => {
  expect(failureOf(new ConnectError("", Code.Canceled))).toBeNull();
  expect(failureOf(new DOMException("", "AbortError"))).toBeNull();
});

test("a gateway without its database says so, and an edge without its gateway does not", () => {
  const away = failureOf(new ConnectError("the database can't be reached; try again soon", Code.Unavailable));
  expect(away).toEqual({ kind: "database", message: "The database can't be reached; try again soon." });
  expect(passes(away)).toBe(true);
  expect(failureOf(new ConnectError("upstream connect error or disconnect/reset before headers", Code.Unavailable))?.kind).toBe("away");
});

test("no answer at all means that the gateway is away", () => {
  expect(failureOf(new TypeError("Failed to fetch"))?.kind).toBe("away");
  expect(failureOf(new ConnectError("no token", Code.Unauthenticated))).toEqual({ kind: "denied", message: "no token" });
});

import { expect, test } from "vitest";
import { titleOf } from "./navigation";

test.each([
  ["/", "Logmesh"],
  ["/pipeline", "Pipeline · Logmesh"],
  ["/traces", "Traces · Logmesh"],
  ["/traces/4bf92f3577b34da6a3ce929d0e0e4736", "Trace 4bf92f35 · Logmesh"],
])("%s is titled %s", (path, title) => {
  expect(titleOf(path)).toBe(title);
});

import { Code, ConnectError } from "@connectrpc/connect";
import { renderHook, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { useStream } from "./useStream";

async function* messages(...texts: string[]) {
  yield* texts;
}

async function* refused() {
  yield await Promise.reject<string>(new ConnectError("", Code.Unavailable));
}

test("what was answered stays when the next call is not answered at all", async () => {
  const append = (state: string, message: string) => state + message;
  const { result, rerender } = renderHook(
    ({ key, start }) => useStream(key, start, append, ""),
    { initialProps: { key: "one", start: () => messages("a", "b") } },
  );
  await waitFor(() => expect(result.current.status).toBe("done"));
  rerender({ key: "two", start: refused });
  await waitFor(() => expect(result.current.status).toBe("failed"));
  expect(result.current.state).toBe("ab");
  expect(result.current.failure?.kind).toBe("away");
});

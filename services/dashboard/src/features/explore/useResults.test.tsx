import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { act, renderHook, waitFor } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { QueryService, SearchEnd, type SearchResponseSchema } from "@/gen/logmesh/v1/query_service_pb";
import { useResults } from "./useResults";

const gateway = vi.hoisted(() => ({ queries: undefined as unknown, up: true, database: true }));
vi.mock("@/api/clients", () => gateway);

const SPAN = { start: 0n, end: 1_000n };

/** Two pages of one row each; the second is the last. */
beforeEach(() => {
  gateway.up = true;
  gateway.database = true;
  const transport = createRouterTransport(({ service }) => {
    service(QueryService, {
      search: async function* ({ filter, pageToken }): AsyncGenerator<MessageInitShape<typeof SearchResponseSchema>> {
        if (!gateway.up) throw new ConnectError("", Code.Unavailable);
        yield { message: { case: "meta", value: {} } };
        if (!gateway.database) {
          // What it does while it can't look: it says how far it is, and then why it is no farther.
          yield { message: { case: "progress", value: { scannedFrom: { seconds: 1n } } } };
          await new Promise((resolve) => setTimeout(resolve, 50));
          throw new ConnectError("the database can't be reached; try again soon", Code.Unavailable);
        }
        yield { message: { case: "rows", value: { records: [{ id: `${filter}${pageToken || "first"}`, timeUnixNano: 500n }] } } };
        const end = pageToken ? SearchEnd.EXHAUSTED : SearchEnd.PAGE_FULL;
        yield { message: { case: "done", value: { end, nextPageToken: pageToken ? "" : "second" } } };
      },
    });
  });
  gateway.queries = createClient(QueryService, transport);
});

function search(filter: string) {
  const hook = renderHook((props) => useResults(props.filter, SPAN), { initialProps: { filter } });
  const ids = () => hook.result.current.results.rows.map(({ id }) => id);
  const status = (wanted: string) => waitFor(() => expect(hook.result.current.status).toBe(wanted));
  return { ...hook, ids, status };
}

test("older rows are appended until there are none, and another filter begins anew", async () => {
  const { result, rerender, ids } = search("a-");
  await waitFor(() => expect(result.current.results.end).toBe(SearchEnd.PAGE_FULL));
  act(() => result.current.loadOlder());
  await waitFor(() => expect(result.current.results.end).toBe(SearchEnd.EXHAUSTED));
  expect(ids()).toEqual(["a-first", "a-second"]);
  act(() => result.current.loadOlder());
  expect(ids()).toEqual(["a-first", "a-second"]);

  rerender({ filter: "b-" });
  expect(result.current.current).toBe(false);
  await waitFor(() => expect(ids()).toEqual(["b-first"]));
  expect(result.current.current).toBe(true);
});

test("a page that fails leaves the rows, and asking again goes on from there", async () => {
  const { result, ids, status } = search("");
  await status("done");
  gateway.up = false;
  act(() => result.current.loadOlder());
  await status("failed");
  expect(ids()).toEqual(["first"]);
  gateway.up = true;
  act(() => result.current.retry());
  await status("done");
  expect(ids()).toEqual(["first", "second"]);
});

test("rows that are read stay when the database goes away, however often it is asked", async () => {
  const { result, rerender, ids, status } = search("a-");
  await status("done");
  gateway.database = false;
  rerender({ filter: "b-" });
  await status("failed");
  expect(result.current.failure?.kind).toBe("database");
  expect([ids(), result.current.current]).toEqual([["a-first"], false]);
  act(() => result.current.retry());
  await status("streaming");
  await status("failed");
  expect(ids()).toEqual(["a-first"]);
  gateway.database = true;
  act(() => result.current.retry());
  await status("done");
  expect(ids()).toEqual(["b-first"]);
});

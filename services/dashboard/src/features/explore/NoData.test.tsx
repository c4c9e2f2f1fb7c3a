import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderAt } from "@/features/overview/testing";
import { PipelineService } from "@/gen/logmesh/v1/pipeline_service_pb";
import { QueryService, type SearchResponseSchema } from "@/gen/logmesh/v1/query_service_pb";
import { NoData } from "./NoData";

const gateway = vi.hoisted(() => ({ queries: undefined as unknown, pipeline: undefined as unknown, stored: [] as bigint[], bare: true }));
vi.mock("@/api/clients", () => gateway);

const transport = createRouterTransport(({ service }) => {
  service(QueryService, {
    search: async function* (): AsyncGenerator<MessageInitShape<typeof SearchResponseSchema>> {
      if (gateway.stored.length) yield { message: { case: "rows", value: { records: gateway.stored.map((timeUnixNano) => ({ timeUnixNano })) } } };
      yield { message: { case: "done", value: {} } };
    },
  });
  service(PipelineService, {
    getSummary: () =>
      gateway.bare && !gateway.stored.length
        ? { sendTo: { target: "ipv4:127.0.0.11:50052", command: "logmesh ship", certificates: "/c" } }
        : { stored: 3n, producers: 1 },
  });
});
gateway.queries = createClient(QueryService, transport);
gateway.pipeline = createClient(PipelineService, transport);

afterEach(() => {
  gateway.stored = [];
  gateway.bare = true;
});

const page = () => <NoData span={{ start: 0n, end: 1_000_000_000n }} />;

test("an empty store says how to send the first log, and that it has come", async () => {
  renderAt(page, "/");
  await screen.findByRole("heading", { name: /No log has come yet/ });
  expect(screen.getByLabelText("A line, from a shell").textContent).toContain("| logmesh ship - --service hello");
  gateway.stored = [5n];
  await screen.findByRole("heading", { name: "The first log has come" }, { timeout: 5_000 });
  expect(screen.getByRole("button", { name: "Show it" })).toBeTruthy();
});

test("a range without records, in a store that has some, says where they are", async () => {
  gateway.bare = false;
  gateway.stored = [500_000_000n];
  renderAt(page, "/");
  await screen.findByRole("button", { name: "Go to it" });
  expect(screen.queryByText(/first/)).toBeNull();
});

import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { PipelineService } from "@/gen/logmesh/v1/pipeline_service_pb";
import { PipelinePage } from "./pipeline";

/** How the gateway answers at present. */
const gateway = vi.hoisted(() => ({ up: true, processorUp: true }));

vi.mock("@/api/clients", () => ({
  pipeline: createClient(
    PipelineService,
    createRouterTransport(({ service }) => {
      const answered = <T,>(answer: T): T => {
        if (!gateway.up) throw new ConnectError("no healthy upstream", Code.Unavailable);
        return answer;
      };
      const state = () =>
        gateway.processorUp
          ? { name: "log-processor-0", ready: true, version: "0.1.0", track: "stable", streams: 1 }
          : { name: "127.0.0.11:50052" };
      service(PipelineService, {
        listLedger: () => answered({ entries: [] }),
        listProcessors: () => answered({ processors: [state()] }),
        getSummary: () =>
          answered({ processors: 1, processorsReady: gateway.processorUp ? 1 : 0, lag: gateway.processorUp ? { nanos: 300_000_000 } : undefined }),
        listFacts: () => answered({ facts: [] }),
      });
    }),
  ),
}));

test("a processor that goes away is named, then the gateway, and both are forgotten when they are back", async () => {
  const client = new QueryClient();
  render(
    <QueryClientProvider client={client}>
      <PipelinePage />
    </QueryClientProvider>,
  );
  await screen.findByText(/^No problem/);
  expect(screen.getByText("Lost 0")).toBeTruthy();
  const look = (change: Partial<typeof gateway>) => {
    Object.assign(gateway, change);
    return client.refetchQueries({ type: "active" });
  };

  await look({ processorUp: false });
  expect(await screen.findByRole("heading", { name: "log-processor-0 does not answer." })).toBeTruthy();
  expect(screen.getByText(/^away/)).toBeTruthy();
  expect(screen.getByText("lag unknown")).toBeTruthy();
  expect(screen.getByRole("heading", { name: /^No processor answers/ })).toBeTruthy();
  await look({ up: false });
  expect(await screen.findByRole("heading", { name: "The gateway does not answer." })).toBeTruthy();
  expect(screen.getByText("as last known")).toBeTruthy();
  await look({ up: true, processorUp: true });
  await screen.findByText(/^No problem/);
  expect(screen.queryByText(/^away/)).toBeNull();
});

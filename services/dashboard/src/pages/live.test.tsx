import { createClient, createRouterTransport } from "@connectrpc/connect";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { only, parseSearch, stringifySearch } from "@/app/search";
import { CompletionKind, QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { LivePage } from "./live";

vi.mock("@/api/clients", () => {
  const transport = createRouterTransport(({ service }) => {
    service(QueryService, {
      complete: ({ filter }) => ({
        completions: filter.endsWith("ch")
          ? [{ kind: CompletionKind.VALUE, text: "checkout", replaceFrom: filter.length - 2, count: 27_300n }]
          : [],
      }),
    });
  });
  return { queries: createClient(QueryService, transport) };
});
// uPlot draws on a canvas and a tail needs a worker, neither of which jsdom has.
vi.mock("@/ui/Chart", () => ({ Chart: () => null }));
vi.mock("@/features/live/useLive", () => ({ useLive: () => null }));

beforeEach(() => {
  vi.spyOn(window, "scrollTo").mockImplementation(() => {});
});

function open(address: string) {
  const root = createRootRoute();
  const live = createRoute({
    getParentRoute: () => root,
    path: "/live",
    validateSearch: only("q", "lane", "other"),
    component: LivePage,
  });
  const router = createRouter({
    routeTree: root.addChildren([live]),
    history: createMemoryHistory({ initialEntries: [address] }),
    parseSearch,
    stringifySearch,
  });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}

test("the filter is completed, and its conditions are chips that can be taken out", async () => {
  const router = open("/live");
  const user = userEvent.setup();
  await screen.findByRole("combobox", { name: "Query" });
  await user.keyboard("/");
  await user.keyboard("severity >= WARN AND service = ch");
  await screen.findByRole("option", { name: /checkout/ });
  await user.keyboard("{ArrowDown}{Enter}{Enter}");
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "severity >= WARN AND service = checkout" }));
  await user.click(await screen.findByRole("button", { name: "Remove severity >= WARN" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "service = checkout" }));
});

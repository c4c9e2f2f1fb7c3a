import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { only, parseSearch, stringifySearch } from "@/app/search";
import { log } from "@/features/trace/testing";
import { QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { TracePage } from "./trace";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const gateway = vi.hoisted(() => ({ getTrace: vi.fn(), getContext: vi.fn() }));

vi.mock("@/api/clients", () => {
  const transport = createRouterTransport(({ service }) => service(QueryService, gateway));
  return { queries: createClient(QueryService, transport) };
});

beforeEach(() => {
  // jsdom lays nothing out, and a list without a height draws no row.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(400);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(800);
  Element.prototype.scrollTo = () => {};
  vi.spyOn(window, "scrollTo").mockImplementation(() => {});
  gateway.getContext.mockReturnValue({ records: [], index: 0 });
  gateway.getTrace.mockReturnValue({
    records: [
      log({ at: 0, service: "web", body: "GET /cart" }),
      log({ at: 20, service: "cart", body: "no such row", severity: 17 }),
      log({ at: 31, service: "web", body: "200 in 31 ms" }),
    ],
    truncated: true,
    cached: true,
  });
});

function open(address: string) {
  const root = createRootRoute();
  const named = (path: string) => createRoute({ getParentRoute: () => root, path, component: () => null });
  const trace = createRoute({
    getParentRoute: () => root,
    path: "/traces/$traceId",
    validateSearch: only("find", "service", "level", "row"),
    component: TracePage,
  });
  const router = createRouter({
    routeTree: root.addChildren([trace, named("/traces"), named("/explore"), named("/settings")]),
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

test("errors come first, and one leads to its log, which the address then names", async () => {
  const router = open(`/traces/${ID}?service=web`);
  const errors = await screen.findByRole("region", { name: "Errors" });
  expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("2");
  fireEvent.click(within(errors).getByRole("button"));
  expect(await screen.findByRole("complementary", { name: "Record" })).toBeTruthy();
  // A log that the filter hides is shown, and so the filter goes.
  expect(router.state.location.search).toEqual({ row: "cart-20-17-1" });
  expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("3");
});

test("that a trace is cut or from the cache is said", async () => {
  open(`/traces/${ID}`);
  expect(await screen.findByText(/3 logs · 2 services · 1 error · 31 ms .* from the cache/)).toBeTruthy();
  expect(screen.getByText(/These are the first 3 logs/)).toBeTruthy();
});

test("what is looked for is marked and kept in the address", async () => {
  const router = open(`/traces/${ID}`);
  fireEvent.change(await screen.findByRole("searchbox"), { target: { value: "CART" } });
  await waitFor(() => expect(router.state.location.search).toEqual({ find: "CART" }));
  expect((await screen.findByText("cart", { selector: "mark" })).tagName).toBe("MARK");
  expect(screen.getByText("1 of 3 shown")).toBeTruthy();
});

test("a trace of which nothing is stored, one that is denied, and an address without an id are told apart", async () => {
  gateway.getTrace.mockReturnValueOnce({ records: [] });
  open(`/traces/${ID}`);
  expect(await screen.findByText("No log of this trace is stored")).toBeTruthy();
  cleanup();
  gateway.getTrace.mockImplementationOnce(() => {
    throw new ConnectError("a token is needed", Code.Unauthenticated);
  });
  open(`/traces/${ID}`);
  expect(await screen.findByText("You may not read these logs")).toBeTruthy();
  cleanup();
  open("/traces/hello");
  expect(await screen.findByText("This address holds no trace id")).toBeTruthy();
});

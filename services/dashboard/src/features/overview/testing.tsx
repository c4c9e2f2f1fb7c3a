/** For tests: a component at an address, with a gateway in memory. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { parseSearch, stringifySearch } from "@/app/search";

/** Draw it at this address, and return the filter that the address holds at the time of asking. */
export function renderAt(Component: () => ReactNode, address: string): () => string {
  // jsdom lays nothing out, so there is nowhere to scroll to.
  window.scrollTo = () => {};
  const router = createRouter({
    routeTree: createRootRoute({ component: Component, notFoundComponent: () => <Component /> }),
    history: createMemoryHistory({ initialEntries: [address] }),
    parseSearch,
    stringifySearch,
  });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      {/* The application's own router is the one that is registered by type. */}
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return () => parseSearch(router.state.location.searchStr).q ?? "";
}

import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { TraceIdForm } from "./TraceIdForm";

test("what holds no id is said, and a traceparent header leads to its trace", async () => {
  vi.spyOn(window, "scrollTo").mockImplementation(() => {});
  const root = createRootRoute();
  const traces = createRoute({ getParentRoute: () => root, path: "/traces", component: () => <TraceIdForm input={{ current: null }} /> });
  const trace = createRoute({ getParentRoute: () => root, path: "/traces/$traceId", component: () => null });
  const router = createRouter({
    routeTree: root.addChildren([traces, trace]),
    history: createMemoryHistory({ initialEntries: ["/traces"] }),
  });
  render(<RouterProvider router={router} />);
  const field = await screen.findByRole("textbox");
  fireEvent.change(field, { target: { value: "4bf92f" } });
  fireEvent.click(screen.getByRole("button", { name: "Follow" }));
  expect(screen.getByRole("alert").textContent).toContain("this has 6");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  fireEvent.change(field, { target: { value: "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01" } });
  expect(screen.queryByRole("alert")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Follow" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/traces/4bf92f3577b34da6a3ce929d0e0e4736"));
});

import { create } from "@bufbuild/protobuf";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { only, parseSearch, stringifySearch } from "@/app/search";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { attributesOf } from "@/lib/testing";
import { OpenRecord } from "./OpenRecord";

const record = create(LogRecordSchema, {
  attributes: attributesOf({ labels: { "com.docker.compose.service": "web" }, tags: ["a"], trial: null, user: "" }),
});

async function filterAfter(button: string): Promise<unknown> {
  vi.spyOn(window, "scrollTo").mockImplementation(() => {});
  const opened = { record, open: async () => {}, close: () => {} };
  const root = createRootRoute({ validateSearch: only("q"), component: () => <OpenRecord opened={opened} zone="utc" /> });
  const router = createRouter({ routeTree: root, history: createMemoryHistory({ initialEntries: ["/"] }), parseSearch, stringifySearch });
  render(<RouterProvider router={router} />);
  await userEvent.click(await screen.findByRole("button", { name: button }));
  await waitFor(() => expect(router.state.location.search).toHaveProperty("q"));
  return router.state.location.search;
}

test.each([
  ["Include attributes.user", 'attributes.user = ""'],
  ["Exclude attributes.user", 'NOT attributes.user = ""'],
  ["Include attributes.trial", "NOT attributes.trial:*"],
  ["Exclude attributes.trial", "attributes.trial:*"],
  ["Include attributes.tags", 'attributes.tags = "[\\"a\\"]"'],
  ["Exclude attributes.labels.com.docker.compose.service", 'NOT attributes.labels."com.docker.compose.service" = web'],
])("%s: %s", async (button, filter) => {
  expect(await filterAfter(button)).toEqual({ q: filter });
});

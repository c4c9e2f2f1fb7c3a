import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { Changes } from "./Changes";
import { renderAt } from "./testing";

const gateway = vi.hoisted(() => ({ queries: undefined as unknown }));
vi.mock("@/api/clients", () => gateway);

const WARNINGS = Array.from({ length: 100 }, (_, index) => ({ template: `slow thing ${index}`, count: 900n, severityNumber: 13, isNew: true }));

beforeEach(() => {
  const transport = createRouterTransport(({ service }) => {
    service(QueryService, {
      listChanges: () => ({
        services: [
          { service: "disk", records: 900n, fatal: 1n, errors: 1n, fatalRose: true, previousRecords: 900n },
          { service: "payment", records: 900n, errors: 240n, previousRecords: 900n, previousErrors: 12n, expectedErrors: 9, errorsRose: true },
          { service: "batch", previousRecords: 40n, silent: true },
          { service: "busy", records: 9_000n, errors: 300n, previousRecords: 900n, previousErrors: 30n, expectedErrors: 300 },
          { service: "file", previousRecords: 9_000n },
        ],
      }),
      listPatterns: ({ filter }) => {
        if (filter.endsWith(">= FATAL")) return { patterns: [{ template: "disk <*> gone", count: 1n, severityNumber: 21, isNew: true }] };
        if (filter.includes("< ERROR")) return { patterns: WARNINGS };
        return {
          patterns: [
            { template: "card <*> declined", count: 7n, severityNumber: 17, isNew: true },
            { template: "as ever", count: 9n, severityNumber: 17, isNew: false },
          ],
        };
      },
    });
  });
  gateway.queries = createClient(QueryService, transport);
});

test("the most severe comes first, by rates; traffic and files that ended are no changes", async () => {
  renderAt(Changes, "/");
  await screen.findByRole("button", { name: /disk <\*> gone/ });
  await waitFor(() => expect(screen.getAllByRole("button")).toHaveLength(11));
  const names = screen.getAllByRole("button").map(({ textContent }) => textContent?.trim());
  expect(names.slice(0, 5)).toEqual([
    "F disk fatal 0 → 1",
    "F new disk <*> gone 1",
    "E payment errors 1.3% → 26.7%",
    "E new card <*> declined 7",
    "batch is silent",
  ]);
  expect(names.slice(5).every((name) => name?.startsWith("W new slow thing"))).toBe(true);
});

test("`w` leads to the strip, the arrows along it, and a click narrows the filter", async () => {
  const filter = renderAt(Changes, "/?q=service%20%3D%20cart");
  const rise = await screen.findByRole("button", { name: /payment errors 1.3% → 26.7%/ });
  const pattern = await screen.findByRole("button", { name: /card <\*> declined/ });
  const fatal = screen.getByRole("button", { name: /disk fatal/ });

  fireEvent.keyDown(document.body, { key: "w" });
  expect(document.activeElement).toBe(fatal);
  fireEvent.keyDown(fatal, { key: "ArrowRight" });
  fireEvent.keyDown(document.activeElement!, { key: "ArrowRight" });
  expect(document.activeElement).toBe(rise);
  fireEvent.keyDown(rise, { key: "ArrowRight" });
  expect(document.activeElement).toBe(pattern);

  fireEvent.click(pattern);
  await waitFor(() => expect(filter()).toBe("body : card AND body : declined"));
  fireEvent.click(rise);
  await waitFor(() => expect(filter()).toContain("service = payment AND severity >= ERROR"));
});

test("that the gateway is away raises no alert of its own", async () => {
  const away = () => {
    throw new ConnectError("connection refused", Code.Unavailable);
  };
  const transport = createRouterTransport(({ service }) => service(QueryService, { listChanges: away, listPatterns: away }));
  gateway.queries = createClient(QueryService, transport);
  renderAt(Changes, "/");
  await screen.findByText("Changes wait for the gateway.");
  expect(screen.queryByRole("alert")).toBeNull();
});

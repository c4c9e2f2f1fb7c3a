import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { Changes } from "./Changes";
import { renderAt } from "./testing";

const gateway = vi.hoisted(() => ({ queries: undefined as unknown }));
vi.mock("@/api/clients", () => gateway);

beforeEach(() => {
  const transport = createRouterTransport(({ service }) => {
    service(QueryService, {
      listChanges: () => ({
        services: [
          { service: "payment", records: 900n, errors: 240n, previousRecords: 900n, previousErrors: 12n },
          { service: "cart", records: 900n, errors: 31n, previousRecords: 900n, previousErrors: 30n },
        ],
      }),
      listPatterns: () => ({
        patterns: [
          { template: "card <*> declined", count: 7n, severityNumber: 17, isNew: true },
          { template: "as ever", count: 9n, severityNumber: 17, isNew: false },
        ],
      }),
    });
  });
  gateway.queries = createClient(QueryService, transport);
});

test("`w` leads to the strip, the arrows along it, and a click narrows the filter", async () => {
  const filter = renderAt(Changes, "/?q=service%20%3D%20cart");
  const rise = await screen.findByRole("button", { name: /payment errors 12 → 240/ });
  const pattern = await screen.findByRole("button", { name: /card <\*> declined/ });
  expect(screen.getAllByRole("button")).toEqual([rise, pattern]);

  fireEvent.keyDown(document.body, { key: "w" });
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

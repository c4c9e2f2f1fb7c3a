import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { Facets } from "./Facets";
import { renderAt } from "./testing";

const gateway = vi.hoisted(() => ({ queries: undefined as unknown, wait: Promise.resolve() }));
vi.mock("@/api/clients", () => gateway);

beforeEach(() => {
  gateway.wait = Promise.resolve();
  const transport = createRouterTransport(({ service }) => {
    service(QueryService, {
      facets: async ({ fields }) => {
        await gateway.wait;
        if (fields.includes("nonsense")) throw new ConnectError("there is no such field", Code.InvalidArgument);
        const values = (field: string) => (field === "level" ? ["INFO", "ERROR"] : ["cart", "email"]);
        return {
          facets: fields.map((field) => ({
            field,
            values: values(field).map((value) => ({ value, count: 5n })),
            counted: 10n,
            exact: field !== "service",
            countedFrom: { seconds: 3_661n },
          })),
        };
      },
    });
  });
  gateway.queries = createClient(QueryService, transport);
});

test("values are included, excluded and had alone, and the filter's own are marked", async () => {
  const filter = renderAt(Facets, "/?q=service%20%3D%20cart");
  const cart = await screen.findByRole("button", { name: /^Include service cart/ });
  expect(cart.getAttribute("aria-pressed")).toBe("true");
  expect(screen.getByText(/^newest 10, from \d\d:\d\d$/)).toBeTruthy();

  fireEvent.click(screen.getByRole("button", { name: /^Include service email/ }));
  await waitFor(() => expect(filter()).toBe("service = (cart OR email)"));
  fireEvent.click(screen.getByRole("button", { name: "Only level ERROR" }));
  await waitFor(() => expect(filter()).toContain("severity >= ERROR AND severity < FATAL"));
  fireEvent.click(await screen.findByRole("button", { name: "Exclude service cart" }));
  await waitFor(() => expect(filter()).toContain("service = email AND NOT service = cart"));
});

test("a field that can't be counted fails alone, and can be removed", async () => {
  renderAt(Facets, "/?facets=nonsense");
  await screen.findByRole("button", { name: /^Include service cart/ });
  expect((await screen.findByRole("alert")).textContent).toContain("there is no such field");
  fireEvent.click(screen.getByRole("button", { name: "Remove this facet" }));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("a question on its way leaves the values, and the focus on them, in sight", async () => {
  const filter = renderAt(Facets, "/");
  const email = await screen.findByRole("button", { name: /^Include service email/ });
  const fields = screen.getAllByRole("heading", { level: 3 }).map(({ textContent }) => textContent);
  expect(fields).toEqual(["level", "service", "version", "instance"]);
  gateway.wait = new Promise(() => undefined);
  email.focus();
  fireEvent.click(email);
  await waitFor(() => expect(filter()).toBe("service = email"));
  await waitFor(() => expect(email.getAttribute("aria-pressed")).toBe("true"));
  expect(screen.getAllByRole("heading", { level: 3 }).map(({ textContent }) => textContent)).toEqual(fields);
  expect(document.activeElement).toBe(email);
});

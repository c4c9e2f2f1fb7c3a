import { createClient, createRouterTransport } from "@connectrpc/connect";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { CompletionKind, QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { FiltersForm } from "./FiltersForm";

const gateway = vi.hoisted(() => ({ queries: undefined as unknown }));
vi.mock("@/api/clients", () => gateway);

test("both lanes are completed with the keyboard, and Enter compares them", async () => {
  const transport = createRouterTransport(({ service }) => {
    service(QueryService, {
      complete: ({ filter }) => ({
        completions: filter.endsWith("ch") ? [{ kind: CompletionKind.VALUE, text: "checkout", replaceFrom: 10, count: 5n }] : [],
      }),
    });
  });
  gateway.queries = createClient(QueryService, transport);
  const onChange = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <FiltersForm lanes={{ lane: "", other: "" }} onChange={onChange} />
    </QueryClientProvider>,
  );
  const user = userEvent.setup();
  for (const name of ["Left lane", "Right lane"]) {
    const field = screen.getByRole<HTMLInputElement>("combobox", { name });
    await user.type(field, "service = ch");
    await screen.findByRole("option");
    // The list stands after all that the form has, and so covers none of it.
    const button = screen.getByRole("button", { name: "Compare filters" });
    expect(button.compareDocumentPosition(screen.getByRole("listbox"))).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    await user.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect(field.value).toBe("service = checkout "));
  }
  expect(onChange).not.toHaveBeenCalled();
  await user.keyboard("{Enter}");
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ lane: "service = checkout", other: "service = checkout" });
});

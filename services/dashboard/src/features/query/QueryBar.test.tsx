import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { CompletionKind, QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { QueryBar } from "./QueryBar";

const gateway = vi.hoisted(() => ({ queries: undefined as unknown }));
vi.mock("@/api/clients", () => gateway);

test("a value is completed with the keyboard, and Enter asks", async () => {
  const transport = createRouterTransport(({ service }) => {
    service(QueryService, {
      complete: ({ filter }) => ({
        completions: filter.endsWith("ch")
          ? [{ kind: CompletionKind.VALUE, text: "checkout", replaceFrom: 10, count: 27_300n }]
          : [],
      }),
    });
  });
  gateway.queries = createClient(QueryService, transport);
  const onAsk = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <QueryBar handle={null} filter="" span={null} problemId={undefined} onAsk={onAsk} />
    </QueryClientProvider>,
  );
  const user = userEvent.setup();
  const field = screen.getByRole<HTMLInputElement>("combobox", { name: "Query" });
  await user.type(field, "service = ch");
  expect((await screen.findByRole("option")).textContent).toBe("checkout27.3K");
  await user.keyboard("{ArrowDown}{Enter}");
  await waitFor(() => expect(field.value).toBe("service = checkout "));
  expect(onAsk).not.toHaveBeenCalled();
  await user.keyboard("{Enter}");
  expect(onAsk).toHaveBeenCalledWith("service = checkout ");
});

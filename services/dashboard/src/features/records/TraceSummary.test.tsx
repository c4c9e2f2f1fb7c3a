import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { RecordPanel } from "./RecordPanel";

const gateway = vi.hoisted(() => ({ getTrace: vi.fn() }));

vi.mock("@/api/clients", () => {
  const transport = createRouterTransport(({ service }) => service(QueryService, gateway));
  return { queries: createClient(QueryService, transport) };
});

beforeEach(() => void gateway.getTrace.mockReset());

const TRACED = create(LogRecordSchema, { traceId: new Uint8Array(16).fill(0xab) });
const ID = "ab".repeat(16);

function log(millis: number, serviceName: string, severityNumber = 9) {
  return { timeUnixNano: BigInt(millis) * 1_000_000n, severityNumber, resource: { serviceName } };
}

function open(record = TRACED, onTrace: ((traceId: string) => void) | undefined = () => {}) {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RecordPanel record={record} zone="utc" onClose={() => {}} onCopy={() => {}} onTrace={onTrace} />
    </QueryClientProvider>,
  );
}

const figures = async () => {
  const list = await screen.findByRole("list", { name: "The trace in figures" });
  return within(list).getAllByRole("listitem").map(({ textContent }) => textContent);
};

test("a record's trace is summed up beside the way to it", async () => {
  gateway.getTrace.mockReturnValue({ records: [log(5, "web"), log(25, "cart", 17), log(36, "web")] });
  open();
  expect(await figures()).toEqual(["3 logs", "2 services", "1 error", "31 ms"]);
  expect(screen.getByText("web, cart")).toBeTruthy();
  expect(gateway.getTrace.mock.calls[0]?.[0]).toMatchObject({ traceId: ID });
  expect(screen.queryByText("Its first logs:")).toBeNull();
});

test("that only its first logs are summed up is said", async () => {
  gateway.getTrace.mockReturnValue({ records: [log(5, "web")], truncated: true });
  open();
  expect(await figures()).toEqual(["1 log", "1 service", "no errors", "0"]);
  expect(screen.getByText("Its first logs:")).toBeTruthy();
});

test("a failure is said, and the way to the trace stays", async () => {
  gateway.getTrace.mockImplementation(() => {
    throw new ConnectError("traces are for operators", Code.PermissionDenied);
  });
  open();
  expect(await screen.findByText(/traces are for operators/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Follow this trace" })).toBeTruthy();
});

test("a record without a trace asks for none, nor does the trace's own page", () => {
  open(create(LogRecordSchema));
  cleanup();
  render(<RecordPanel record={TRACED} zone="utc" onClose={() => {}} onCopy={() => {}} />);
  expect(gateway.getTrace).not.toHaveBeenCalled();
});

import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { attributesOf } from "@/lib/testing";
import { LiveClient, type WorkerPort } from "./client";
import { Lane } from "./lane";
import { LanePane } from "./LanePane";
import { readMessage } from "./message";
import type { Connection, FromWorker, ToWorker, Window } from "./protocol";
import { frameOf, recordBytes, recordsFrom, responseBytes } from "./testing";

// uPlot draws on a canvas, which jsdom has not.
vi.mock("@/ui/Chart", () => ({ Chart: ({ summary }: { summary: string }) => <div role="img" aria-label={summary} /> }));

/** A worker in the page's own thread, with real lanes, that is told what comes. */
class FakeWorker implements WorkerPort {
  lanes: Lane[] = [];
  heard: ToWorker[] = [];
  /** While it holds, it answers no question for rows before `release`. */
  holds = false;
  held: Window[][] = [];
  #listener: (event: MessageEvent<FromWorker>) => void = () => undefined;

  addEventListener(_type: "message", listener: (event: MessageEvent<FromWorker>) => void): void {
    this.#listener = listener;
  }

  postMessage(message: ToWorker): void {
    if (message.kind !== "ask") this.heard.push(message);
    if (message.kind === "start") this.lanes = message.filters.map(() => new Lane(Date.now()));
    if (message.kind === "restore") this.lanes[message.lane]!.restore(message, Date.now());
    if (message.kind === "open") {
      const bytes = this.lanes[message.lane]!.record(message.seq);
      queueMicrotask(() => this.say({ kind: "record", lane: message.lane, seq: message.seq, bytes }));
    }
    if (message.kind === "ask" && this.holds) this.held.push(message.windows);
    else if (message.kind === "ask") queueMicrotask(() => this.show(message.windows));
  }

  release(): void {
    this.holds = false;
    for (const windows of this.held.splice(0)) this.show(windows);
  }

  show(windows: Window[]): void {
    this.say({ kind: "view", lanes: this.lanes.map((lane, index) => lane.view(windows[index]!)) });
  }

  terminate(): void {
    this.heard.push({ kind: "retry" });
  }

  say(message: FromWorker): void {
    act(() => this.#listener({ data: structuredClone(message) } as MessageEvent<FromWorker>));
  }

  connect(connection: Connection): void {
    this.lanes.forEach((_, lane) => this.say({ kind: "connection", lane, connection }));
  }

  sayFigures(): void {
    const [one, other] = this.lanes;
    const now = Date.now();
    this.say({ kind: "figures", lanes: this.lanes.map((lane) => lane.figures(now, lane === one ? other : one)) });
  }
}

const load = vi.fn();

function show(...names: string[]) {
  const worker = new FakeWorker();
  const client = new LiveClient(worker, names, load);
  const onOpen = vi.fn(() => Promise.resolve());
  const onName = vi.fn();
  render(
    <>
      {client.lanes.map((lane) => (
        <LanePane
          key={lane.index}
          client={client}
          lane={lane}
          other={client.lanes[1 - lane.index]}
          name={names[lane.index]!}
          zone="utc"
          onName={onName}
          onOpen={onOpen}
        />
      ))}
    </>,
  );
  return { worker, client, onName, onOpen };
}

const lines = () => screen.getAllByRole("row").map((row) => row.textContent);

beforeEach(() => {
  load.mockReset().mockResolvedValue({ records: [], nextPageToken: "" });
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(96);
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
});

afterEach(() => vi.unstubAllGlobals());

test("the newest lines are shown, and stay when the reader scrolls up, until the reader goes on", async () => {
  const { worker } = show("");
  worker.lanes[0]!.take(frameOf(recordsFrom(0, 20)), Date.now());
  await waitFor(() => expect(lines().at(-1)).toContain("line 19"));
  expect(screen.getByRole("table", { name: "Lines" }).getAttribute("aria-rowcount")).toBe("21");

  fireEvent.wheel(screen.getByRole("table"), { deltaY: -100 });
  worker.lanes[0]!.take(frameOf(recordsFrom(20, 1_260)), Date.now());
  await screen.findByRole("button", { name: "1,240 new" });
  expect(screen.queryByText("line 1259")).toBeNull();

  fireEvent.click(screen.getByRole("button", { name: "1,240 new" }));
  await screen.findByText("line 1259");
  expect(screen.queryByRole("button", { name: /new/ })).toBeNull();
});

test("the tail rests while the page is hidden", () => {
  const { worker } = show("");
  for (const state of ["hidden", "visible"] as const) {
    vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
  }
  expect(worker.heard.map(({ kind }) => kind)).toEqual(["start", "rest", "wake"]);
});

test("the first screenful comes from the store once the tail stands", async () => {
  load.mockResolvedValue({ records: recordsFrom(0, 3).map(recordBytes), nextPageToken: "" });
  const { worker } = show("service = a");
  worker.connect({ state: "live" });
  await screen.findByText("line 2");
  expect(load).toHaveBeenCalledExactlyOnceWith("service = a", expect.objectContaining({ kind: "earlier" }));
});

test("a tail that stands and has brought nothing says so, until it has", async () => {
  load.mockResolvedValue({ records: [], nextPageToken: "" });
  const { worker } = show("service = nobody");
  worker.connect({ state: "live" });
  await waitFor(() => expect(worker.lanes[0]!.figures(Date.now(), undefined).held).toBe(0));
  worker.sayFigures();
  expect(screen.getByText(/^No line has matched yet/)).toBeTruthy();
  worker.lanes[0]!.take(frameOf(recordsFrom(0, 1)), Date.now());
  worker.sayFigures();
  expect(screen.queryByText(/^No line has matched yet/)).toBeNull();
});

test("a gap says what is missing, and its button brings it", async () => {
  const { worker } = show("");
  worker.lanes[0]!.take(readMessage(responseBytes({ message: { case: "gap", value: { reason: 1, dropped: 2n } } })), Date.now());
  await screen.findByText(/^2 lines left out/);
  load.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  fireEvent.click(screen.getByRole("button", { name: "Load them here" }));
  await screen.findByText("The gateway does not answer.");
  load.mockResolvedValue({ records: recordsFrom(5, 7).map(recordBytes), nextPageToken: "" });
  fireEvent.click(screen.getByRole("button", { name: "Load them here" }));
  await screen.findByText("line 5");
  expect(screen.queryByText(/left out/)).toBeNull();
});

test("a broken connection is said loudly, with the time until the next attempt", async () => {
  const { worker } = show("");
  worker.connect({ state: "away", sinceMillis: Date.now() - 8_000, retryAtMillis: Date.now() + 2_900, code: 14, message: "" });
  expect(screen.getByRole("alert").textContent).toContain("Disconnected");
  expect(screen.getByRole("alert").textContent).toContain("For 8.0 s. Trying again in 3 s.");
  fireEvent.click(screen.getByRole("button", { name: "Try now" }));
  expect(worker.heard.at(-1)).toEqual({ kind: "retry" });
  worker.connect({ state: "live" });
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a refusal is said, and a wrong filter only where nobody else says it", () => {
  const { worker } = show("");
  worker.connect({ state: "refused", code: 16, message: "no token" });
  expect(screen.getByRole("alert").textContent).toBe("Denied no token");
  worker.connect({ state: "refused", code: 3, message: "expected a field at character 1" });
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a row opens with the whole record", async () => {
  const { worker, client, onOpen } = show("");
  worker.lanes[0]!.take(frameOf([{ id: "1-7", body: "whole", attributes: attributesOf({ a: 1 }) }]), Date.now());
  fireEvent.click(await screen.findByText("whole"));
  expect(onOpen).toHaveBeenCalledOnce();
  const record = await client.open(client.lanes[0]!, 1);
  expect(record).toMatchObject({ id: "1-7", attributes: attributesOf({ a: 1 }) });
  expect(await client.open(client.lanes[0]!, 99)).toBeNull();
});

test("the line that is pressed stays, whatever view of newer lines is on its way", async () => {
  const { worker } = show("");
  worker.lanes[0]!.take(frameOf(recordsFrom(0, 20)), Date.now());
  await screen.findByText("line 19");
  const before = lines();
  worker.holds = true;
  await waitFor(() => expect(worker.held).not.toEqual([]));
  worker.lanes[0]!.take(frameOf(recordsFrom(20, 500)), Date.now());
  fireEvent.pointerDown(screen.getByText("line 19"));
  worker.release();
  expect(lines()).toEqual(before);
  await screen.findByRole("button", { name: "480 new" });
});

test("a condition of a lane is taken out by its chip", () => {
  const { onName } = show("service = a AND version = 1", "");
  fireEvent.click(screen.getByRole("button", { name: "Remove service = a" }));
  expect(onName).toHaveBeenCalledExactlyOnceWith("version = 1");
});

test("two lanes say how their errors stand to each other, and what only one of them logs", () => {
  const { worker } = show("version = 1", "version = 2");
  // Rates are of seconds that are over.
  const now = Date.now() - 2_000;
  worker.lanes[0]!.take(frameOf(recordsFrom(0, 500)), now);
  worker.lanes[1]!.take(frameOf(recordsFrom(0, 450)), now);
  worker.lanes[1]!.take(frameOf(recordsFrom(450, 500, { body: "upstream failed", severityNumber: 17 })), now);
  worker.sayFigures();
  expect(screen.getByText(/more than the other lane/).closest("section")?.getAttribute("aria-label")).toBe("version = 2");
  expect(screen.getByText(/less than the other lane/)).toBeTruthy();
  expect(screen.getByText("upstream failed").closest("section")?.getAttribute("aria-label")).toBe("version = 2");
});

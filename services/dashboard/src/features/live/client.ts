/**
 * The page's end of the worker: asks once a frame for the rows in sight, and holds what is known of each lane in stores, so that
 * a component is drawn again only when its own part changes.
 */

import { create, fromBinary } from "@bufbuild/protobuf";
import { readToken } from "@/api/token";
import { type LogRecord, LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { nowMillis } from "@/lib/clock";
import { createStore } from "@/lib/store";
import { firstMark } from "./marks";
import type { Connection, Figures, FromWorker, Mark, Restored, Row, ToWorker, View, Window } from "./protocol";

/** What a Worker is to its page. */
export interface WorkerPort {
  postMessage: (message: ToWorker, transfer: Transferable[]) => void;
  addEventListener: (type: "message", listener: (event: MessageEvent<FromWorker>) => void) => void;
  terminate: () => void;
}

/** A row as the list draws it. A record has what its row shows; the whole one is asked for when it is opened. */
export type LiveRow = { seq: number } & ({ record: LogRecord; mark?: undefined } | { mark: Mark; record?: undefined });

export interface LaneView extends Omit<View, "rows"> {
  rows: readonly LiveRow[];
}

/** What stays in place while the page is paused: from the line at the top of the list to the one before `bottom`. */
export interface Reading {
  base: number;
  bottom: number;
}

/** Gets what is missing at a mark. */
export type Load = (filter: string, mark: Mark) => Promise<Omit<Restored, "key">>;

/** The number of new lines need not be drawn at each frame. */
const COUNT_MILLIS = 250;

export class LaneClient {
  readonly connection = createStore<Connection>({ state: "connecting" });
  readonly figures = createStore<Figures | null>(null);
  readonly view = createStore<LaneView>({ first: 0, end: 0, skipped: 0, rows: [] });
  /** Null while the lane follows. */
  readonly reading = createStore<Reading | null>(null);
  /** Rows in sight; `from` counts only while the lane is read. */
  window: Window = { from: null, count: 0 };
  counted = 0;
  begun = false;

  constructor(
    /** Its place among the lanes, by which the worker knows it. */
    readonly index: number,
    readonly filter: string,
  ) {}

  /** Ask for these rows from now on. */
  look(window: Window): void {
    this.window = window;
  }
}

export class LiveClient {
  readonly lanes: readonly LaneClient[];
  readonly paused = createStore(false);

  #frame = 0;
  #asked = false;
  #outdated = false;
  readonly #opening = new Map<string, (record: LogRecord | null) => void>();

  constructor(
    private readonly port: WorkerPort,
    filters: readonly string[],
    private readonly load: Load,
  ) {
    this.lanes = filters.map((filter, index) => new LaneClient(index, filter));
    port.addEventListener("message", ({ data }) => this.#take(data));
    this.#say({ kind: "start", filters: [...filters], token: readToken() });
    document.addEventListener("visibilitychange", this.#seen);
    if (document.visibilityState === "hidden") this.#seen();
    this.#frame = requestAnimationFrame(this.#ask);
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#seen);
    cancelAnimationFrame(this.#frame);
    this.port.terminate();
    for (const answer of this.#opening.values()) answer(null);
  }

  /** Hold all lanes where they are; lines go on coming. */
  pause(): void {
    if (this.paused.get()) return;
    for (const lane of this.lanes) {
      const { first, end } = lane.view.get();
      lane.reading.set({ base: first, bottom: end });
    }
    this.paused.set(true);
    // The view on its way is of the newest lines: it would take away the line that is being pressed.
    this.#outdated = this.#asked;
  }

  /** Go on with the newest lines. */
  resume(): void {
    if (!this.paused.get()) return;
    for (const lane of this.lanes) lane.reading.set(null);
    this.paused.set(false);
  }

  /** Don't wait any longer for the next attempt to connect. */
  retry(): void {
    this.#say({ kind: "retry" });
  }

  /** The whole record of a row, or null when it has left the ring. */
  open(lane: LaneClient, seq: number): Promise<LogRecord | null> {
    this.#say({ kind: "open", lane: lane.index, seq });
    return new Promise((resolve) => this.#opening.set(`${lane.index} ${seq}`, resolve));
  }

  /** Put what is missing at a mark into its place. Throws what `load` throws. */
  async restore(lane: LaneClient, mark: Mark): Promise<void> {
    const found = await this.load(lane.filter, mark);
    this.#say({ kind: "restore", lane: lane.index, key: mark.key, ...found });
  }

  /** A hidden tab is drawn no more: it would only fill its memory. */
  readonly #seen = (): void => this.#say({ kind: document.visibilityState === "hidden" ? "rest" : "wake" });

  readonly #ask = (): void => {
    this.#frame = requestAnimationFrame(this.#ask);
    if (this.#asked) return;
    this.#asked = true;
    const windows = this.lanes.map(({ window, reading }) => (reading.get() ? window : { ...window, from: null }));
    this.#say({ kind: "ask", windows });
  };

  #say(message: ToWorker): void {
    this.port.postMessage(message, []);
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case "connection":
        this.#connect(this.lanes[message.lane]!, message.connection);
        break;
      case "figures":
        for (const [index, figures] of message.lanes.entries()) takeFigures(this.lanes[index]!, figures);
        break;
      case "view":
        this.#asked = false;
        if (!this.#outdated) for (const [index, view] of message.lanes.entries()) takeView(this.lanes[index]!, view);
        this.#outdated = false;
        break;
      case "record": {
        const key = `${message.lane} ${message.seq}`;
        this.#opening.get(key)?.(message.bytes && fromBinary(LogRecordSchema, message.bytes));
        this.#opening.delete(key);
        break;
      }
    }
  }

  /** The first screenful comes from the store, once the tail stands: between the two nothing is missing. */
  #connect(lane: LaneClient, connection: Connection): void {
    lane.connection.set(connection);
    if (connection.state !== "live" || lane.begun) return;
    lane.begun = true;
    // Where the store does not answer, the mark stays, and the reader can ask again.
    this.restore(lane, firstMark(nowMillis())).catch(() => undefined);
  }
}

/** Rates are drawn anew only when a second is over. */
function takeFigures(lane: LaneClient, figures: Figures): void {
  const before = lane.figures.get()?.rates;
  lane.figures.set(before?.endSecond === figures.rates.endSecond ? { ...figures, rates: before } : figures);
}

function takeView(lane: LaneClient, { first, end, skipped, rows }: View): void {
  const before = lane.view.get();
  const now = performance.now();
  if (rows === null) {
    const isCounted = before.end === end && before.skipped === skipped && before.first === first;
    if (isCounted || now - lane.counted < COUNT_MILLIS) return;
  }
  lane.counted = now;
  lane.view.set({ first, end, skipped, rows: rows ? rows.map(liveRow) : before.rows });
}

function liveRow(row: Row): LiveRow {
  if (row.mark) return row;
  const { id, timeUnixNano, severity: severityNumber, service: serviceName, instance: serviceInstanceId, body, cut } = row.record;
  const resource = { serviceName, serviceInstanceId };
  const record = create(LogRecordSchema, { id, timeUnixNano, severityNumber, resource, body: cut ? `${body}…` : body });
  return { seq: row.seq, record };
}

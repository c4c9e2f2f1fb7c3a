/** What the worker reads of a tail: messages, of their records what a row shows, and a request to begin with. */

import { Fields } from "./fields";

/** Numbers of fields, as in protos/logmesh/v1; the tests hold them against the generated stubs. */
const RESPONSE = { frame: 1, gap: 2, counters: 4, resumeToken: 5 };
const FRAME = { records: 1, backlog: 2 };
const GAP = { reason: 1, dropped: 2, startTime: 3, endTime: 4, processor: 5 };
const COUNTERS = { received: 1, sent: 2, dropped: 3 };
const RECORD = { id: 1, timeUnixNano: 2, severityNumber: 4, body: 6, resource: 10 };
const RESOURCE = { serviceName: 1, serviceInstanceId: 2 };
const REQUEST = { filter: 1, resumeToken: 2 };
const TIMESTAMP = { seconds: 1 };
/** By TailGapReason. */
const REASONS: MissingRecords["reason"][] = ["slow", "slow", "away", "replaced", "lost"];
const BYTES = 2;

/** A record as it came: a part of the message that brought it. It is read when it is looked at. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** 0 to 24. */
  readonly severity: number;
}

/** Of a record: what is needed of each that comes. */
export interface Head {
  severity: number;
  /** The first bytes of the body. */
  body: string;
}

/** Of a record: what its row shows. */
export interface Content {
  id: string;
  timeUnixNano: bigint;
  severity: number;
  service: string;
  instance: string;
  /** Its first `mostBytes`. */
  body: string;
  /** Whether there is more of it. */
  cut: boolean;
}

/** Since the tail began. */
export interface Counters {
  /** Records that were looked at. */
  received: number;
  /** Records that matched and were sent. */
  sent: number;
  /** Records that matched and were left out. */
  dropped: number;
}

/** Records that did not come. */
export interface MissingRecords {
  reason: "slow" | "away" | "replaced" | "lost";
  /** 0 means unknown. */
  dropped: number;
  startUnixNano: bigint;
  endUnixNano: bigint;
  /** The processor that was away, or empty. */
  processor: string;
}

export interface TailMessage {
  entries: Entry[];
  /** Whether the records come from the store and not live. */
  backlog: boolean;
  missing: MissingRecords | null;
  counters: Counters | null;
  /** Empty: there is none. */
  resumeToken: string;
}

/** A TailResponse. Throws WireError. */
export function readMessage(bytes: Uint8Array): TailMessage {
  const message: TailMessage = { entries: [], backlog: false, missing: null, counters: null, resumeToken: "" };
  const fields = new Fields(bytes);
  while (fields.next()) {
    if (fields.number === RESPONSE.frame) readFrame(fields.message(), message);
    else if (fields.number === RESPONSE.gap) message.missing = readGap(fields.message());
    else if (fields.number === RESPONSE.counters) message.counters = readCounters(fields.message());
    else if (fields.number === RESPONSE.resumeToken) message.resumeToken = fields.text();
  }
  return message;
}

/** A TailRequest. */
export function writeRequest(filter: string, resumeToken: string): Uint8Array {
  const utf8 = new TextEncoder();
  const field = (number: number, text: Uint8Array) => (text.length ? [(number << 3) | BYTES, ...varint(text.length), ...text] : []);
  return Uint8Array.from([
    ...field(REQUEST.filter, utf8.encode(filter)),
    ...field(REQUEST.resumeToken, utf8.encode(resumeToken)),
  ]);
}

/** An entry of a whole message that is one record. */
export function entryOf(record: Uint8Array): Entry {
  return { bytes: record, start: 0, end: record.length, severity: readHead(record, 0, record.length, 0).severity };
}

/** Severity and beginning of the body. */
export function readHead(bytes: Uint8Array, start: number, end: number, mostBytes: number): Head {
  const head = { severity: 0, body: "" };
  const fields = new Fields(bytes, start, end);
  while (fields.next()) {
    if (fields.number === RECORD.severityNumber) head.severity = fields.varint;
    else if (fields.number === RECORD.body && mostBytes) head.body = fields.text(mostBytes);
  }
  return head;
}

export function readContent({ bytes, start, end }: Entry, mostBytes: number): Content {
  const content: Content = {
    id: "",
    timeUnixNano: 0n,
    severity: 0,
    service: "",
    instance: "",
    body: "",
    cut: false,
  };
  const fields = new Fields(bytes, start, end);
  while (fields.next()) {
    switch (fields.number) {
      case RECORD.id:
        content.id = fields.text();
        break;
      case RECORD.timeUnixNano:
        content.timeUnixNano = fields.fixed64();
        break;
      case RECORD.severityNumber:
        content.severity = fields.varint;
        break;
      case RECORD.body:
        content.body = fields.text(mostBytes);
        content.cut = fields.end - fields.start > mostBytes;
        break;
      case RECORD.resource:
        readResource(fields.message(), content);
        break;
    }
  }
  return content;
}

/** A record's identity. */
export function readId({ bytes, start, end }: Entry): string {
  const fields = new Fields(bytes, start, end);
  while (fields.next()) if (fields.number === RECORD.id) return fields.text();
  return "";
}

/** When a record was written, in milliseconds since 1970. */
export function readMillis({ bytes, start, end }: Entry): number {
  const fields = new Fields(bytes, start, end);
  while (fields.next()) if (fields.number === RECORD.timeUnixNano) return Number(fields.fixed64() / 1_000_000n);
  return 0;
}

function readFrame(fields: Fields, message: TailMessage): void {
  while (fields.next()) {
    if (fields.number === FRAME.records) {
      const { bytes, start, end } = fields;
      message.entries.push({ bytes, start, end, severity: severityOf(bytes, start, end) });
    } else if (fields.number === FRAME.backlog) {
      message.backlog = fields.varint === 1;
    }
  }
}

/** Of a record that can't be read, none: it has a row all the same, which says so, and the others of its message are not lost with it. */
function severityOf(bytes: Uint8Array, start: number, end: number): number {
  try {
    return readHead(bytes, start, end, 0).severity;
  } catch {
    return 0;
  }
}

function readGap(fields: Fields): MissingRecords {
  const missing: MissingRecords = { reason: "slow", dropped: 0, startUnixNano: 0n, endUnixNano: 0n, processor: "" };
  while (fields.next()) {
    if (fields.number === GAP.reason) missing.reason = REASONS[fields.varint] ?? "lost";
    else if (fields.number === GAP.dropped) missing.dropped = fields.varint;
    else if (fields.number === GAP.startTime) missing.startUnixNano = readTimestamp(fields.message());
    else if (fields.number === GAP.endTime) missing.endUnixNano = readTimestamp(fields.message());
    else if (fields.number === GAP.processor) missing.processor = fields.text();
  }
  return missing;
}

function readCounters(fields: Fields): Counters {
  const counters = { received: 0, sent: 0, dropped: 0 };
  while (fields.next()) {
    if (fields.number === COUNTERS.received) counters.received = fields.varint;
    else if (fields.number === COUNTERS.sent) counters.sent = fields.varint;
    else if (fields.number === COUNTERS.dropped) counters.dropped = fields.varint;
  }
  return counters;
}

function readTimestamp(fields: Fields): bigint {
  let moment = 0n;
  while (fields.next()) moment += BigInt(fields.varint) * (fields.number === TIMESTAMP.seconds ? 1_000_000_000n : 1n);
  return moment;
}

function readResource(fields: Fields, content: Content): void {
  while (fields.next()) {
    if (fields.number === RESOURCE.serviceName) content.service = fields.text();
    else if (fields.number === RESOURCE.serviceInstanceId) content.instance = fields.text();
  }
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

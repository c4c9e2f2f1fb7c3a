import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { TailGapReason, TailRequestSchema } from "@/gen/logmesh/v1/tail_service_pb";
import { attributesOf } from "@/lib/testing";
import { Fields, WireError } from "./fields";
import { readContent, readHead, readId, readMessage, readMillis, writeRequest } from "./message";
import { frameOf, responseBytes } from "./testing";

const RECORD = {
  id: "1-1070000",
  timeUnixNano: 1_795_594_420_405_081_897n,
  observedTimeUnixNano: 1n,
  severityNumber: 17,
  severityText: "ERROR",
  body: "Grüße an 世界",
  attributes: attributesOf({ nested: { body: "not this one" }, list: [1, null, "x"] }),
  traceId: new Uint8Array(16).fill(200),
  resource: { serviceName: "cart", serviceInstanceId: "cart-0", attributes: attributesOf({ "service.version": "4.1.0" }) },
  scope: { name: "a" },
  originalTimeUnixNano: 5n,
};

test("a record's row is what the stubs wrote", () => {
  const [entry] = frameOf([RECORD, { id: "2" }]).entries;
  expect(readContent(entry!, 1_000)).toEqual({
    id: RECORD.id,
    timeUnixNano: RECORD.timeUnixNano,
    severity: 17,
    service: "cart",
    instance: "cart-0",
    body: RECORD.body,
    cut: false,
  });
  expect(readId(entry!)).toBe(RECORD.id);
  expect(readMillis(entry!)).toBe(1_795_594_420_405);
  expect(readHead(entry!.bytes, entry!.start, entry!.end, 4)).toEqual({ severity: 17, body: "Gr\u00fc" });
});

test("a record that can't be read is an entry all the same, and so are those beside it", () => {
  const bytes = responseBytes({ message: { case: "frame", value: { records: [{ id: "1" }, { id: "2", severityNumber: 9 }] } } });
  // The first record's id claims to be longer than the record.
  const at = bytes.findIndex((byte, index) => byte === 1 && bytes[index + 1] === 49);
  bytes[at] = 100;
  const { entries } = readMessage(bytes);
  expect(entries.map(({ severity }) => severity)).toEqual([0, 9]);
  expect(() => readId(entries[0]!)).toThrow(WireError);
  expect(readId(entries[1]!)).toBe("2");
});

test("an entry's bytes are the whole record", () => {
  const [, entry] = frameOf([{ id: "1" }, RECORD]).entries;
  const bytes = entry!.bytes.subarray(entry!.start, entry!.end);
  expect(fromBinary(LogRecordSchema, bytes)).toEqual(create(LogRecordSchema, RECORD));
});

test("counters, token, backlog and gaps are read, and unknown fields passed over", () => {
  const frame = readMessage(
    responseBytes({
      message: { case: "frame", value: { records: [{}], backlog: true } },
      counters: { received: 5_000_000_000n, sent: 300n, dropped: 1n },
      resumeToken: "abc",
      progress: [{ spool: 1n, firstPosition: 2n ** 60n, lastPosition: 4n }],
    }),
  );
  expect(frame).toMatchObject({ backlog: true, resumeToken: "abc", counters: { received: 5_000_000_000, sent: 300, dropped: 1 } });
  const value = {
    reason: TailGapReason.PROCESSOR_AWAY,
    dropped: 7n,
    startTime: { seconds: 1_795_594_420n, nanos: 5 },
    endTime: { seconds: 1_795_594_421n },
    processor: "10.0.0.1:7000",
  };
  expect(readMessage(responseBytes({ message: { case: "gap", value } })).missing).toEqual({
    reason: "away",
    dropped: 7,
    startUnixNano: 1_795_594_420_000_000_005n,
    endUnixNano: 1_795_594_421_000_000_000n,
    processor: "10.0.0.1:7000",
  });
  expect(readMessage(responseBytes({ message: { case: "heartbeat", value: {} } })).entries).toEqual([]);
});

test.each([
  [TailGapReason.SLOW, "slow"],
  [TailGapReason.DATABASE_REPLACED, "replaced"],
  [TailGapReason.FORGOTTEN, "lost"],
  [99 as TailGapReason, "lost"],
])("reason %d of a gap is %s", (reason, said) => {
  expect(readMessage(responseBytes({ message: { case: "gap", value: { reason } } })).missing?.reason).toBe(said);
});

test("a request is written as the stubs write it", () => {
  for (const filter of ["", "service = checkout", `"ü" ${"x".repeat(4_000)}`]) {
    const stubs = toBinary(TailRequestSchema, create(TailRequestSchema, { filter, resumeToken: "token" }));
    expect(writeRequest(filter, "token")).toEqual(stubs);
  }
});

test("what is cut short is refused", () => {
  const whole = responseBytes({ message: { case: "frame", value: { records: [RECORD] } } });
  for (let length = 1; length < whole.length; length += 1) {
    expect(() => readMessage(whole.subarray(0, length))).toThrow(WireError);
  }
  expect(() => new Fields(new Uint8Array([0x0b])).next()).toThrow(WireError);
});

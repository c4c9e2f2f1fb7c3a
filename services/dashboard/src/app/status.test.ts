import { create } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { type GetSummaryResponse, GetSummaryResponseSchema } from "@/gen/logmesh/v1/pipeline_service_pb";
import { statusOf } from "./status";

const WELL = { processors: 3, processorsReady: 3, processorsAnswering: 3, lag: create(DurationSchema, { nanos: 812_000_000 }) };
const of = (summary: Partial<Omit<GetSummaryResponse, "$typeName" | "$unknown">>) =>
  statusOf(create(GetSummaryResponseSchema, { ...WELL, ...summary }), null);

test("all is well: lag and lost", () => {
  expect(of({})).toEqual({ mood: "good", text: "lag 0.8 s · lost 0" });
});

test("what is wrong is said in words", () => {
  expect(of({ processorsReady: 2, processorsAnswering: 2 })).toEqual({ mood: "bad", text: "1 of 3 processors away" });
  expect(of({ lostBatches: 1n })).toEqual({ mood: "bad", text: "1 batch lost" });
  expect(of({ lostBatches: 1_200n, processorsReady: 1, processorsAnswering: 1 }).text).toBe("1,200 batches lost · 2 of 3 processors away");
  expect(of({ lag: create(DurationSchema, { seconds: 12n }) })).toEqual({ mood: "caution", text: "lag 12 s · lost 0" });
});

test("a processor that answers is not away", () => {
  expect(of({ processorsReady: 0 })).toEqual({ mood: "bad", text: "3 of 3 processors not ready" });
  expect(of({ processorsReady: 0, processorsAnswering: 2 }).text).toBe("1 of 3 processors away · 2 of 3 processors not ready");
});

test("a lag that nobody knows is not a lag of 0", () => {
  expect(of({ processorsReady: 0, processorsAnswering: 0, lag: undefined })).toEqual({ mood: "bad", text: "3 of 3 processors away" });
  expect(of({ processors: 0, processorsReady: 0, processorsAnswering: 0, processorsFailure: "the name can't be resolved", lag: undefined })).toEqual({
    mood: "bad",
    text: "no processor is found",
  });
  expect(of({ lag: undefined })).toEqual({ mood: "bad", text: "lag unknown" });
});

test("nothing is good while nothing is known", () => {
  expect(statusOf(undefined, null).mood).toBe("unknown");
});

test("a failure outweighs what was known before", () => {
  const before = create(GetSummaryResponseSchema, WELL);
  expect(statusOf(before, { kind: "away", message: "" })).toEqual({ mood: "bad", text: "gateway away" });
  expect(statusOf(before, { kind: "database", message: "" })).toEqual({ mood: "bad", text: "database away" });
  expect(statusOf(before, { kind: "denied", message: "" }).text).toBe("no access");
  expect(statusOf(before, { kind: "other", message: "" }).text).toBe("state not known");
});

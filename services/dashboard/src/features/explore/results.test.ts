import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { SearchEnd, type SearchResponse, SearchResponseSchema } from "@/gen/logmesh/v1/query_service_pb";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { hasOlder, MOST_ROWS, NO_RESULTS, withMessage } from "./results";

const rows = (...times: bigint[]): SearchResponse =>
  create(SearchResponseSchema, {
    message: {
      case: "rows",
      value: { records: times.map((timeUnixNano) => create(LogRecordSchema, { id: `${timeUnixNano}`, timeUnixNano })) },
    },
  });
const done = (end: SearchEnd, nextPageToken = ""): SearchResponse =>
  create(SearchResponseSchema, { message: { case: "done", value: { end, nextPageToken, scannedFrom: { seconds: 1n, nanos: 5 } } } });

test("rows gather in order, and the end says how far it came", () => {
  const results = [rows(9n, 8n), rows(7n), done(SearchEnd.PAGE_FULL, "more")].reduce(withMessage, NO_RESULTS);
  expect(results.rows.map(({ id }) => id)).toEqual(["9", "8", "7"]);
  expect(results.scannedFrom).toBe(1_000_000_005n);
  expect(hasOlder(results)).toBe(true);
});

test("the list holds so many rows and no more, and then asks for none", () => {
  const many = rows(...Array.from({ length: MOST_ROWS + 3 }, (_, index) => BigInt(index)));
  const results = [many, done(SearchEnd.PAGE_FULL, "more")].reduce(withMessage, NO_RESULTS);
  expect(results.rows).toHaveLength(MOST_ROWS);
  expect(hasOlder(results)).toBe(false);
});

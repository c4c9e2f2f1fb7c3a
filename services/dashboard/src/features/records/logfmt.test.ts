import { expect, test } from "vitest";
import { readLogfmt } from "./logfmt";

test("pairs, quotes and words before them are told apart", () => {
  expect(readLogfmt('app-1 | ts=2026-11-30T10:00:00Z level=error msg="said \\"no\\"\\nand left" retry status=')).toEqual({
    before: "app-1 | ",
    pairs: [
      { key: "ts", value: "2026-11-30T10:00:00Z" },
      { key: "level", value: "error" },
      { key: "msg", value: 'said "no"\nand left' },
      { key: "retry", value: null },
      { key: "status", value: "" },
    ],
  });
});

test.each(["GET /x?a=b&c=d HTTP/1.1", "x=1 y=2", "set a=1 b=2 c=3 and then quite many words came after it all", "", "level=info msg=\"no end"])(
  "%j is none",
  (line) => expect(readLogfmt(line)).toBeNull(),
);

import { expect, test } from "vitest";
import { LONGEST, prettyOf } from "./pretty";

const textOf = (body: string) => prettyOf(body)?.map((line) => line.map(({ text }) => text).join("")).join("\n");

test("JSON has a member a line, keeps its digits, and a trace in it has its lines", () => {
  expect(textOf('{"msg":"boom","id":9007199254740993,"http":{"status":503,"ok":false},"stack":"Error: x\\n  at a\\n  at b"}')).toBe(
    `{
  "msg": "boom",
  "id": 9007199254740993,
  "http": {"status": 503, "ok": false},
  "stack": "Error: x
      at a
      at b"
}`,
  );
  expect(textOf('2026-11-30T10:00:00Z {"a":1}')).toBe('2026-11-30T10:00:00Z\n{\n  "a": 1\n}');
});

test("logfmt has a pair a line, and what is below it stays", () => {
  expect(textOf('level=error msg="a b" status=503\nTraceback:\n  File "x"')).toBe(
    'level   error\nmsg     a b\nstatus  503\nTraceback:\n  File "x"',
  );
});

test("a terminal's colours are colours, and other control characters are seen", () => {
  expect(prettyOf("\u001b[31mERROR\u001b[0m a\u0007\nnext")).toEqual([
    [
      { text: "ERROR", look: "text-error" },
      { text: " a␇", look: "" },
    ],
    [{ text: "next", look: "" }],
  ]);
});

test.each(["plain\n  text", "", "{}", "a [b] c", "x".repeat(LONGEST + 1)])("%.20j would look the same", (body) => {
  expect(prettyOf(body)).toBeNull();
});

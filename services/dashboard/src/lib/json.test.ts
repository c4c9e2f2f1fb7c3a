import { expect, test } from "vitest";
import { compact, readJson } from "./json";

test("numbers keep their digits, and members their order", () => {
  const text = '{"z":9007199254740993,"a":[1.50,true,null,"x\\n"],"e":{}}';
  expect(compact(readJson(` ${text}\n`)!)).toBe(text);
});

test.each(["", "plain", '"text"', "{oops}", '{"a":1} and more', '{"a":tru}', '{"a":1', "[1,]"])("%j is no object or list", (text) => {
  expect(readJson(text)).toBeNull();
});

test("what is cut off is read up to there", () => {
  const whole = '{"level":"info","msg":"a \\u00e4 b","list":[1,{"k":"v"}],"last":12}';
  for (let length = 1; length <= whole.length; length += 1) {
    expect(compact(readJson(whole.slice(0, length), true)!)).toMatch(/^\{/);
  }
  expect(compact(readJson(whole.slice(0, 31), true)!)).toBe('{"level":"info","msg":"a ä"}');
  expect(readJson("{not json at all", true)).toMatchObject({ members: [] });
});

test("a pattern's places are words, and what is too deep is not read", () => {
  expect(compact(readJson('{"status":<*>,"msg":"took <*> ms"}')!)).toBe('{"status":<*>,"msg":"took <*> ms"}');
  const deep = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
  expect(readJson(deep(150))).not.toBeNull();
  expect(readJson(deep(5_000))).toBeNull();
});

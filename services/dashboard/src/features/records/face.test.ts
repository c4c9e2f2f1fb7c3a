import { expect, test } from "vitest";
import { faceOf } from "./face";

const T = '"time":"2026-11-30T10:00:00Z"';

test.each([
  [`{${T},"level":"info","msg":"started","port":8080}`, "started", "port=8080"],
  ['{"@timestamp":"2026-11-30T10:00:00Z","log.level":"WARN","message":"slow","http":{"status":503,"path":"/a"}}', "slow", "http.status=503 http.path=/a"],
  ['{"event":"user_login","user":"ann","level":"info"}', "user_login", "user=ann"],
  ['{"level":"error","error":{"message":"no route","type":"IOError"}}', "no route", "error.type=IOError"],
  ['{"@t":"2026-11-30T10:00:00Z","@m":"Hello","@i":"f1"}', "Hello", "@i=f1"],
  ['{"@t":"2026-11-30T10:00:00Z","@mt":"User {Name} paid {Sum:0.00}","Name":"ann","Sum":12}', "User ann paid 12", "Name=ann Sum=12"],
  ['{"version":"1.1","short_message":"oops","_user":"x"}', "oops", "version=1.1 _user=x"],
  ['{"MESSAGE":[104,105],"PRIORITY":"6"}', "hi", "PRIORITY=6"],
  ['{"MESSAGE":"unit failed","_PID":"1"}', "unit failed", "_PID=1"],
  [`{${T},"fields":{"message":"from rust"},"target":"app"}`, "from rust", "target=app"],
  ['{"log":"{\\"msg\\":\\"inner\\",\\"n\\":1}\\n","stream":"stdout"}', "inner", "n=1 stream=stdout"],
  ['{"msg":"m","stack":"E: x\\n at a","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","n":1}', "m", "n=1 stack=E: x\n at a"],
  ['{"time":<*>,"msg":"took <*> ms","status":<*>}', "took <*> ms", "status=<*>"],
  ['{"id":9007199254740993,"time":12.5}', "", "id=9007199254740993 time=12.5"],
])("%s", (body, message, chips) => {
  const face = faceOf(body)!;
  expect([face.before, face.message, face.chips.map(({ name, value }) => `${name}=${value}`).join(" ")]).toEqual(["", message, chips]);
});

test("what stands before the JSON is kept, and a template's braces don't hide it", () => {
  expect(faceOf('web-1  | {"msg":"up"}')).toMatchObject({ before: "web-1  | ", message: "up" });
  expect(faceOf('[{id}] {"msg":"up"}')).toMatchObject({ before: "[{id}] ", message: "up" });
});

test.each(["plain text", "{}", "[1,2]", 'said {"a":1} and went on', "", '{"a":'])("%j is shown as it is", (body) => {
  expect(faceOf(body)).toBeNull();
});

test("a body that is cut has its message all the same", () => {
  const body = `{"msg":"long","stack":"${"x".repeat(20_000)}","after":1}`;
  expect(faceOf(body)).toMatchObject({ message: "long", chips: [{ name: "stack" }] });
  expect(faceOf(`${body.slice(0, 500)}…`)).toMatchObject({ message: "long" });
});

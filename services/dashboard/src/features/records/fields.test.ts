import { expect, test } from "vitest";
import { fieldsOf } from "./fields";

test("members come in order of name, each with its whole path", () => {
  const [first, second] = fieldsOf({ http: { status: 500 }, elapsed: [1] });
  expect(first).toEqual({ name: "elapsed", path: ["elapsed"], value: [1], members: [] });
  expect(second?.members).toEqual([{ name: "status", path: ["http", "status"], value: 500, members: [] }]);
});

import { expect, test } from "vitest";
import { LIST_CHARACTERS, listCut, oneLine, visible } from "./text";

test("control characters are seen and not obeyed", () => {
  expect(visible("a\u0000b\u0007c\u007f")).toBe("a␀b␇c␡");
  expect(visible("user\u202egnp.exe")).toBe("user⟨202E⟩gnp.exe");
  expect(visible("\u001b[31mred\u001b[0m")).toBe("red");
  expect(visible("tab\tand\nnewline, größer, 漢字 🙂")).toBe("tab\tand\nnewline, größer, 漢字 🙂");
});

test("a line of a list is short and is one line", () => {
  expect(oneLine("first\r\nsecond\nthird")).toBe("first ↵ second ↵ third");
  expect(listCut("x".repeat(LIST_CHARACTERS + 5))).toBe(`${"x".repeat(LIST_CHARACTERS)}…`);
});

import { expect, test } from "vitest";
import { hasColours, styledOf, withoutEscapes } from "./ansi";

test.each([
  ["\u001b[31;1mERROR\u001b[0m boom", "ERROR boom"],
  ["\u001b[2K\u001b[1Gprogress\u001b[?25l", "progress"],
  ["\u001b]8;;https://example.com\u0007link\u001b]8;;\u0007", "link"],
  ["\u001b]0;title\u001b\\rest", "rest"],
  ["#033[32mok#033[0m", "ok"],
  ["\u001b(Btext", "text"],
  ["no end \u001b]0;title", "no end \u001b]0;title"],
])("%j is %j without its escapes", (text, plain) => {
  expect(withoutEscapes(text)).toBe(plain);
});

test("colours become the page's own, and what is no colour goes", () => {
  expect(styledOf("a \u001b[1;31mred\u001b[39m bold\u001b[0m \u001b[2Kz")).toEqual([
    { text: "a ", look: "" },
    { text: "red", look: "text-error font-bold" },
    { text: " bold", look: "font-bold" },
    { text: " ", look: "" },
    { text: "z", look: "" },
  ]);
  expect(styledOf("\u001b[38;5;34mgreen\u001b[38;2;200;30;30mred\u001b[38;5;240mgrey").map(({ look }) => look)).toEqual([
    "text-good",
    "text-error",
    "text-muted",
  ]);
  expect([hasColours("\u001b[32mx"), hasColours("\u001b[2Kx"), hasColours("x")]).toEqual([true, false, false]);
});

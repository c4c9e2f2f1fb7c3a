import { describe, expect, test } from "vitest";
import { mask, Patterns } from "./patterns";

test.each([
  ["cache lookup cart:66899", "cache lookup cart:<*>"],
  ["Charged 53.47 EUR for order 358924", "Charged <*> EUR for order <*>"],
  ["from 10.0.0.7:8080 at 2026-11-25T08:13:40.123Z", "from <*> at <*>"],
  ["id 1b4e28ba-2fa1-11d2-883f-0016d3cca427 deadbeefcafe", "id <*> <*>"],
  ['said "no way" and {"code": "x"}', 'said <*> and {"code": <*>}'],
  ['{"level":"info","msg":"took 5 ms","n":3}', '{"level":<*>,"msg":"took <*> ms","n":<*>}'],
  ['{"message": "\\u00e4 5", "event":"a \\"b\\" 7"}', '{"message": "<*>", "event":"a \\"b\\" <*>"}'],
  ["no variable here", "no variable here"],
  ["cart-0321319bd-14d7a took 13ms", "cart-<*> took <*>"],
])("%s", (body, template) => {
  expect(mask(body)).toBe(template);
});

test("a template is its own template, and a hostile line takes no time", () => {
  expect(mask(mask('user 42 said "x" at 1.2.3.4'))).toBe(mask('user 42 said "x" at 1.2.3.4'));
  const began = performance.now();
  for (const piece of ["a", "a-", '"', '\\"', "a1-", "1."]) mask(piece.repeat(100_000));
  expect(performance.now() - began).toBeLessThan(200);
});

function patternsOf(counts: Record<string, number>, maxTemplates?: number): Patterns {
  const patterns = new Patterns(maxTemplates);
  for (const [body, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index += 1) patterns.add(body, index === 1 ? 17 : 9);
  }
  return patterns;
}

describe("patterns of one lane only", () => {
  test("are those that the other has not, the most frequent first", () => {
    const canary = patternsOf({ "both": 50, "new trouble": 10, "rare trouble": 5 });
    const stable = patternsOf({ "both": 60 });
    expect(canary.onlyHere(stable, 8)).toEqual([
      { template: "new trouble", count: 10, severity: 17 },
      { template: "rare trouble", count: 5, severity: 17 },
    ]);
    expect(canary.onlyHere(stable, 1)).toHaveLength(1);
    expect(stable.onlyHere(canary, 8)).toEqual([]);
  });

  test("are left out when the other lane has had too few lines to tell", () => {
    const stable = patternsOf({ both: 990, rare: 10 });
    expect(stable.onlyHere(patternsOf({ both: 10 }), 8)).toEqual([]);
    expect(stable.onlyHere(new Patterns(), 8)).toEqual([]);
  });

  test("are left out when the other lane may have forgotten them", () => {
    const forgetful = patternsOf({ one: 4, two: 4, three: 9, four: 9, five: 9 }, 4);
    const all = patternsOf({ one: 6, two: 30, three: 1, four: 1, five: 1 });
    expect(all.onlyHere(forgetful, 8).map(({ template }) => template)).toEqual(["two"]);
  });
});

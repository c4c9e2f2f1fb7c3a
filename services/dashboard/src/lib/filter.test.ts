import { describe, expect, test } from "vitest";
import { both, condition, conjuncts, fieldOf, quoted, withCondition, withOnly, withoutConjunct } from "./filter";

const texts = (filter: string) => conjuncts(filter)?.map((conjunct) => conjunct.text);

describe("cutting a filter at its ANDs", () => {
  test.each([
    ["", []],
    ["timeout", ["timeout"]],
    ["service = checkout severity >= ERROR", ["service = checkout", "severity >= ERROR"]],
    ["timeout OR refused AND severity>=ERROR", ["timeout OR refused", "severity>=ERROR"]],
    ["service = (checkout OR payment) -retry", ["service = (checkout OR payment)", "-retry"]],
    ['NOT (service = a AND body : "b c") x', ['NOT (service = a AND body : "b c")', "x"]],
    ['attributes."odd key".name : ann y', ['attributes."odd key".name : ann', "y"]],
    ['body =~ "(?i)took \\d{4,}ms$" instance = 10.0.0.7:8080', ['body =~ "(?i)took \\d{4,}ms$"', "instance = 10.0.0.7:8080"]],
    ['"said \\"no\\" AND left"', ['"said \\"no\\" AND left"']],
    ["trace_id:* NOT span_id:*", ["trace_id:*", "NOT span_id:*"]],
    ["a OR", ["a OR"]],
  ])("%s", (filter, expected) => {
    expect(texts(filter)).toEqual(expected);
  });

  test.each(['"open', "(a AND b", "service = (a"])("%s is not finished", (filter) => {
    expect(conjuncts(filter)).toBeNull();
  });

  test("never loops or throws, whatever is typed", () => {
    const pieces = ["(", ")", '"', "'", "=", "-", ":", "AND", "OR", "NOT", "a", " ", "\\", "!~", ","];
    for (let seed = 1; seed < 5_000; seed += 1) {
      let state = seed;
      let text = "";
      for (let length = 0; length < 8; length += 1) {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        text += pieces[(state >> 8) % pieces.length];
      }
      const found = conjuncts(text);
      for (const conjunct of found ?? []) expect(text.slice(conjunct.start, conjunct.end)).toBe(conjunct.text);
    }
  });
});

describe("putting conditions together", () => {
  test("values are quoted where they must be", () => {
    expect(["checkout", "a b", 'say "no"', "NOT", "back\\slash", "10.0.0.7"].map(quoted)).toEqual([
      "checkout",
      '"a b"',
      '"say \\"no\\""',
      '"NOT"',
      '"back\\\\slash"',
      "10.0.0.7",
    ]);
    expect(condition("service", "=", "")).toBe("NOT service:*");
    expect(fieldOf("attributes", "http.status")).toBe("attributes.http.status");
    expect(fieldOf("attributes", "odd key", "name")).toBe('attributes."odd key".name');
  });

  test("a condition is added once, taken out again, or takes the place of others on its field", () => {
    const filter = withCondition("timeout", "service = a");
    expect(filter).toBe("timeout AND service = a");
    expect(withCondition(filter, "service = a")).toBe(filter);
    expect(withoutConjunct(filter, 0)).toBe("service = a");
    expect(withOnly("service = a AND x AND NOT service = b", "service", "service = c")).toBe("x AND service = c");
    expect(both("a OR b", "")).toBe("a OR b");
    expect(both("a OR b", "c")).toBe("(a OR b) AND (c)");
  });
});

import { describe, expect, test } from "vitest";
import { both, condition, conditionThat, conjuncts, fieldOf, quoted, withCondition, withoutField, withoutConjunct } from "./filter";

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
    ["a && b", ["a", "b"]],
    ["a&&b||c", ["a", "b||c"]],
    ["!a !(b c) d!", ["!a", "!(b c)", "d!"]],
    ["service != a", ["service != a"]],
    ['service IN (a, "b c") x', ['service IN (a, "b c")', "x"]],
    ["service not in (a) x", ["service not in (a)", "x"]],
    ["logged in (a)", ["logged", "in", "(a)"]],
    ['body LIKE "%a b%" x', ['body LIKE "%a b%"', "x"]],
    ["looks like this", ["looks", "like", "this"]],
    ["attributes.a IS NOT NULL x", ["attributes.a IS NOT NULL", "x"]],
    ["this is null", ["this", "is", "null"]],
    ["/a (b|c)/i x", ["/a (b|c)/i", "x"]],
    ["body =~ /a b/ x", ["body =~ /a b/", "x"]],
    ["/api/v1 x", ["/api/v1", "x"]],
  ])("%s", (filter, expected) => {
    expect(texts(filter)).toEqual(expected);
  });

  test.each(['"open', "(a AND b", "service = (a"])("%s is not finished", (filter) => {
    expect(conjuncts(filter)).toBeNull();
  });

  test("never loops or throws, whatever is typed", () => {
    const pieces = ["(", ")", '"', "'", "=", "-", ":", "AND", "OR", "NOT", "a", " ", "\\", "!~", ",", "!", "&&", "||", "/", " IN (", " IS NULL"];
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
    expect(condition("service", "=", "")).toBe('service = ""');
    expect(condition("service", "!=", "")).toBe('service != ""');
  });

  test.each([
    [["http.status"], "attributes.http.status"],
    [["http", "status"], "attributes.http.status"],
    [["odd key", "name"], 'attributes."odd key".name'],
    [["a@b", "odd key"], 'attributes."a@b"."odd key"'],
    [["labels", "com.docker.compose.service"], 'attributes.labels."com.docker.compose.service"'],
    [["com.docker", "service"], 'attributes."com.docker".service'],
    [["a..b"], 'attributes."a..b"'],
    [["a."], 'attributes."a."'],
    [["labels", ".a"], 'attributes.labels.".a"'],
    [["0"], "attributes.0"],
  ])("%j is one key after another", (path, field) => {
    expect(fieldOf("attributes", ...path)).toBe(field);
  });

  test("an empty text is a value, and none is not", () => {
    expect(conditionThat("attributes.user", "", true)).toBe('attributes.user = ""');
    expect(conditionThat("attributes.user", "", false)).toBe('NOT attributes.user = ""');
    expect(conditionThat("attributes.user", null, true)).toBe("NOT attributes.user:*");
    expect(conditionThat("attributes.user", null, false)).toBe("attributes.user:*");
  });

  test("a condition is added once, and taken out again, alone or with all on its field", () => {
    const filter = withCondition("timeout", "service = a");
    expect(filter).toBe("timeout AND service = a");
    expect(withCondition(filter, "service = a")).toBe(filter);
    expect(withoutConjunct(filter, 0)).toBe("service = a");
    expect(withoutField("service = a AND x AND NOT service = b", "service")).toBe("x");
    expect(withoutField("service IN (a, b) && x && !service = c", "service")).toBe("x");
    expect(both("a OR b", "")).toBe("a OR b");
    expect(both("a OR b", "c")).toBe("(a OR b) AND (c)");
  });
});

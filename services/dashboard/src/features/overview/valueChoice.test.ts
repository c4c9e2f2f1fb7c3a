import { describe, expect, test } from "vitest";
import { levelCondition, levelsIn, withLevels } from "./levelChoice";
import { apartFrom, choiceIn, exclude, include, only } from "./valueChoice";

describe("levels are ranges of severity", () => {
  test.each([
    [["ERROR"], "severity >= ERROR AND severity < FATAL"],
    [["ERROR", "FATAL"], "severity >= ERROR"],
    [["NONE"], "severity < TRACE"],
    [["NONE", "TRACE", "FATAL"], "severity < DEBUG OR severity >= FATAL"],
    [["INFO", "FATAL"], "(severity >= INFO AND severity < WARN) OR severity >= FATAL"],
  ])("%j", (levels, text) => {
    expect(levelCondition(new Set(levels))).toBe(text);
    expect([...levelsIn(`${text} AND timeout`)!].toSorted()).toEqual(levels.toSorted());
    expect(withLevels(`x AND ${text}`, new Set())).toBe("x");
  });

  test("what a reader has typed is understood, too", () => {
    expect(levelsIn("severity>=error")).toEqual(new Set(["ERROR", "FATAL"]));
    expect(levelsIn("severity = ERROR2 timeout")).toBeNull();
    expect(levelsIn("severity >= WARNING")).toBeNull();
  });

  test("are included, excluded and chosen alone", () => {
    expect(include("", "level", "ERROR")).toBe("severity >= ERROR AND severity < FATAL");
    expect(include("severity >= ERROR AND severity < FATAL", "level", "FATAL")).toBe("severity >= ERROR");
    expect(exclude("x", "level", "DEBUG")).toBe("x AND severity < DEBUG OR severity >= INFO");
    expect(exclude("x AND severity < DEBUG OR severity >= INFO", "level", "DEBUG")).toBe("x");
    expect(only("severity >= WARN", "level", "INFO")).toBe("severity >= INFO AND severity < WARN");
    expect(apartFrom("x AND severity < DEBUG OR severity >= INFO", "level")).toBe("x");
  });
});

describe("values of other fields", () => {
  test("are included one by one, and taken out again", () => {
    const one = include("timeout", "service", "cart");
    expect(one).toBe("timeout AND service = cart");
    const two = include(one, "service", "a b");
    expect(two).toBe('timeout AND service = (cart OR "a b")');
    expect(choiceIn(two, "service").included).toEqual(new Set(["cart", "a b"]));
    expect(include(two, "service", "cart")).toBe('timeout AND service = "a b"');
  });

  test("are excluded, and taken out again", () => {
    const one = exclude("", "service", "cart");
    expect(one).toBe("NOT service = cart");
    expect(exclude(one, "service", "email")).toBe("NOT service = cart AND NOT service = email");
    expect(exclude(one, "service", "cart")).toBe("");
    expect(choiceIn("service != cart -service = email", "service").excluded).toEqual(new Set(["cart", "email"]));
    expect(include(one, "service", "cart")).toBe("service = cart");
  });

  test("are chosen alone, and all again", () => {
    expect(only("service = (a OR b) NOT service = c", "service", "b")).toBe("service = b");
    expect(only("service = b", "service", "b")).toBe("");
  });

  test("that are empty are texts as others are", () => {
    expect(include("", "instance", "")).toBe('instance = ""');
    expect(exclude("", "instance", "")).toBe('NOT instance = ""');
    expect(exclude('attributes.user = ""', "attributes.user", "ann")).toBe('attributes.user = "" AND NOT attributes.user = ann');
    expect(include('attributes.user = ""', "attributes.user", "")).toBe("");
  });

  test("stand beside what the filter says of records without one", () => {
    expect(exclude("attributes.user:*", "attributes.user", "ann")).toBe("attributes.user:* AND NOT attributes.user = ann");
    const either = include("NOT attributes.user:*", "attributes.user", "ann");
    expect(either).toBe("NOT attributes.user:* OR attributes.user = ann");
    expect(include(either, "attributes.user", "")).toBe('NOT attributes.user:* OR attributes.user = (ann OR "")');
    expect(include(either, "attributes.user", "ann")).toBe("NOT attributes.user:*");
    expect(choiceIn("NOT attributes.user:*", "attributes.user").included.has("")).toBe(false);
  });

  test("come back as they were, whatever is in them", () => {
    for (const value of ["", 'say "no"', "back\\slash", "OR", "a\nb", "(x)", "10.0.0.7:8080", "it's"]) {
      expect(choiceIn(only("", "service", value), "service").included, value).toEqual(new Set([value]));
      expect(choiceIn(include("service = cart", "service", value), "service").included, value).toEqual(new Set(["cart", value]));
    }
  });
});

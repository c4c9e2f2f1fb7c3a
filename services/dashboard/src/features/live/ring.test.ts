import { describe, expect, test } from "vitest";
import { Ring } from "./ring";

const items = (ring: Ring<string>) => [...ring.entries()].map(([seq, item]) => `${seq}${item}`).join(" ");
const weighed = (...texts: string[]) => texts.map((item) => ({ item, bytes: 1 }));

function ringOf(text: string, maxCount = 4, maxBytes = 100): Ring<string> {
  const ring = new Ring<string>(maxCount, maxBytes);
  for (const letter of text) ring.push(letter, 1);
  return ring;
}

describe("a ring", () => {
  test("lets the oldest go when there are too many, and keeps numbers", () => {
    const ring = ringOf("abcdef");
    expect(items(ring)).toBe("2c 3d 4e 5f");
    expect([ring.first, ring.end, ring.count, ring.bytes]).toEqual([2, 6, 4, 4]);
    expect([ring.get(1), ring.get(2), ring.get(5), ring.get(6)]).toEqual([undefined, "c", "f", undefined]);
  });

  test("lets the oldest go when they weigh too much, and holds one that is too heavy alone", () => {
    const ring = new Ring<string>(100, 10);
    ring.push("a", 4);
    ring.push("b", 4);
    ring.push("c", 4);
    expect([items(ring), ring.bytes]).toEqual(["1b 2c", 8]);
    ring.push("d", 50);
    expect([items(ring), ring.bytes]).toEqual(["3d", 50]);
    ring.push("e", 1);
    expect([items(ring), ring.bytes]).toEqual(["4e", 1]);
  });

  test("refuses what would push out a pinned line, and goes on when nobody reads", () => {
    const ring = ringOf("abcd");
    ring.pin(1);
    expect([ring.push("e", 1), ring.push("f", 1)]).toEqual([true, false]);
    expect(items(ring)).toBe("1b 2c 3d 4e");
    ring.pin(null);
    expect(ring.push("g", 1)).toBe(true);
    expect(items(ring)).toBe("2c 3d 4e 5g");
  });

  test("puts many lines into the place of one: what follows keeps its numbers", () => {
    const ring = ringOf("a-b", 10);
    ring.replace(1, weighed("x", "y", "z"));
    expect(items(ring)).toBe("-2a -1x 0y 1z 2b");
    ring.push("c", 1);
    expect([ring.get(3), ring.get(-2), ring.bytes]).toEqual(["c", "a", 6]);
    ring.replace(-2, []);
    expect(items(ring)).toBe("-1x 0y 1z 2b 3c");
  });

  test("makes room for what is put in by letting the oldest go", () => {
    const ring = ringOf("ab-d");
    ring.replace(2, weighed("x", "y"));
    expect(items(ring)).toBe("0b 1x 2y 3d");
    ring.replace(99, weighed("q"));
    expect(ring.count).toBe(4);
  });

  test("never holds more than it may, and no number twice", () => {
    const ring = new Ring<string>(7, 40);
    for (let step = 0, state = 1; step < 5_000; step += 1) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      const size = (state >> 8) % 12;
      if (state % 13 === 0) ring.replace(ring.first + (state % 7), weighed("x", "y", "z").slice(0, size % 4));
      else ring.push("p", size);
      expect(ring.count).toBeLessThanOrEqual(7);
      expect(ring.bytes).toBeLessThanOrEqual(40);
      expect([...ring.entries()].every(([, item]) => item !== undefined)).toBe(true);
    }
  });
});

import { beforeAll, expect, test, vi } from "vitest";

// uPlot asks for the pixel ratio as it loads, and jsdom has no media queries.
beforeAll(() => {
  vi.stubGlobal("matchMedia", () => ({ addEventListener: () => {}, removeEventListener: () => {} }));
});

test("series stack upwards, and a gap adds nothing", async () => {
  const { stacked } = await import("./chartOptions");
  expect(stacked([[1, 2, null], [3, null, 4]])).toEqual([
    [1, 2, 0],
    [4, 2, 4],
  ]);
  expect(stacked([])).toEqual([]);
});

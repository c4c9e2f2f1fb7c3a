import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const LONGEST = ["accessibility", "explore", "openings", "live"];

/** The longest specs first, so that none of them runs alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.e2e.ts`)) >>> 0;
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

const resolve = { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } };
const spec = {
  environment: "node",
  pool: "threads",
  isolate: false,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000, interval: 100 } },
} as const;

// Specs in a real browser against a real system, which pytest tests/e2e/test_dashboard.py starts. Those that only look at it run two
// at a time; those that stop parts of it come after, one at a time.
export default defineConfig({
  test: {
    globalSetup: "./e2e/support/chromium.ts",
    sequence: { sequencer: LongestFirst },
    projects: [
      { resolve, test: { ...spec, name: "looking", include: ["e2e/*.e2e.ts"], maxWorkers: 2, sequence: { groupOrder: 0 } } },
      { resolve, test: { ...spec, name: "outages", include: ["e2e/outages/*.e2e.ts"], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});

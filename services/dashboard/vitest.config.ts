import { defineConfig, mergeConfig } from "vitest/config";
import vite from "./vite.config";

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      restoreMocks: true,
      unstubGlobals: true,
      pool: "threads",
      projects: [
        // Pure functions share one realm: a page of its own for each file would take nine tenths of the time.
        { extends: true, test: { name: "pure", include: ["src/**/*.test.ts"], environment: "node", isolate: false, testTimeout: 40_000 } },
        {
          extends: true,
          test: { name: "page", include: ["src/**/*.test.tsx"], environment: "jsdom", setupFiles: ["./vitest.setup.ts"], testTimeout: 40_000 },
        },
      ],
    },
  }),
);

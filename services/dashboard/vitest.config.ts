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
        // Files share a realm, of which making one costs more than most of them; see vitest.setup.ts.
        { extends: true, test: { name: "pure", include: ["src/**/*.test.ts"], environment: "node", isolate: false, testTimeout: 40_000 } },
        {
          extends: true,
          test: {
            name: "page",
            include: ["src/**/*.test.tsx"],
            environment: "jsdom",
            isolate: false,
            setupFiles: ["./vitest.setup.ts"],
            testTimeout: 40_000,
          },
        },
      ],
    },
  }),
);

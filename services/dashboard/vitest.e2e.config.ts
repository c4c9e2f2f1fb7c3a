import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Specs in a real browser against a real system, which pytest tests/e2e/test_dashboard.py starts. They stop parts of it, so that
// one runs at a time.
export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    environment: "node",
    include: ["e2e/**/*.e2e.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000, interval: 100 } },
  },
});

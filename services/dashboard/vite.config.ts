import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the sources and passes the API's calls on to `logmesh up`.
const API = process.env.LOGMESH_API ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { target: "es2023", sourcemap: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  worker: { format: "es" },
  server: { proxy: { "/logmesh.v1": API, "/v1": API } },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    pool: "threads",
    projects: [
      // Pure functions share one realm: a page of its own for each file would take nine tenths of the time.
      { extends: true, test: { name: "pure", include: ["src/**/*.test.ts"], environment: "node", isolate: false } },
      { extends: true, test: { name: "page", include: ["src/**/*.test.tsx"], environment: "jsdom" } },
    ],
  },
});

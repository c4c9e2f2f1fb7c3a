/** Runs a TypeScript program of this folder: `node e2e/run.mjs e2e/screenshots.ts`. Node 20 can't by itself. */

import { argv } from "node:process";
import { runnerImport } from "vite";

await runnerImport(argv[2], { configFile: false });

/** The Chromium that all specs of a run share: started before the first of them, ended after the last. */

import { type Browser, chromium } from "playwright-core";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the Chromium takes connections. */
    chromium: string;
  }
}

/** Lists of what an address bar proposes, which each window loads as pages of their own before anybody types: a second of CPU a window;
 * and a process for the page that may come next. The last such list counts, so those that Playwright turns off are named again. */
const DISABLED = [
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "WebUIOmniboxFullPopup",
  "SpareRendererForSitePerProcess",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
];

const OPTIONS = {
  executablePath: process.env.LOGMESH_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--disable-features=${DISABLED.join(",")}`,
  ],
};

/** One of one's own. */
export function launch(): Promise<Browser> {
  return chromium.launch(OPTIONS);
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer(OPTIONS);
  project.provide("chromium", server.wsEndpoint());
  return () => server.close();
}

/** The run's Chromium, and pages that keep count of what a page must never do. */

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { inject } from "vitest";
import { DASHBOARD } from "./system";

/** A spec's own connection to it: closing that closes the spec's pages and no other's. */
export function connect(): Promise<Browser> {
  return chromium.connect(inject("chromium"));
}

/** What a page did that it must not do; each stays empty. */
export interface Offences {
  /** Directives of the Content-Security-Policy that something ran into. */
  policy: string[];
  /** Addresses outside of the dashboard's origin. */
  elsewhere: string[];
  /** Dialogs, which only injected code opens. */
  dialogs: string[];
  /** Exceptions that nothing caught. */
  errors: string[];
}

declare global {
  interface Window {
    /** Set by a spec's hostile records, should one of them run. */
    executed?: unknown;
    reportPolicy: (directive: string) => void;
  }
}

/** Open a page in a context of its own. Its offences are listed as they happen; closing the browser closes it. */
export async function open(
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; offences: Offences }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const offences: Offences = { policy: [], elsewhere: [], dialogs: [], errors: [] };
  await page.exposeFunction("reportPolicy", (directive: string) => void offences.policy.push(directive));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.reportPolicy(event.effectiveDirective));
  });
  page.on("dialog", (dialog) => {
    offences.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => void offences.errors.push(error.message));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:" && origin !== DASHBOARD) offences.elsewhere.push(request.url());
  });
  await page.goto(DASHBOARD + path);
  return { page, offences };
}

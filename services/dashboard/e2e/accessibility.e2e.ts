/** axe finds nothing on any page, in any state, theme and width. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { audit, auditable } from "./support/audit";
import { connect } from "./support/browser";
import { arrange, PAGE_NAMES, pathOf, settle, STATES } from "./support/pages";
import { DASHBOARD } from "./support/system";
import { storedTrace } from "./support/traces";

let browser: Browser;
let page: Page;
let trace: string;
beforeAll(async () => {
  browser = await connect();
  page = await auditable(browser);
  trace = await storedTrace(browser);
});
afterAll(() => browser.close());

describe.each(PAGE_NAMES)("%s", (name) => {
  it.each(STATES)("%s", async (state) => {
    await page.unrouteAll();
    await arrange(page, state);
    await page.goto(DASHBOARD + pathOf(name, state, trace));
    await settle(page, state);
    await audit(page);
  });
});

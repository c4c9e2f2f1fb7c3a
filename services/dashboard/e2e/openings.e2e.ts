/** axe finds nothing in what opens over a page or beside it: dialogs, lists, the record with its context, a second lane. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { audit, auditable } from "./support/audit";
import { connect } from "./support/browser";
import { OPENINGS } from "./support/openings";
import { DASHBOARD } from "./support/system";

/** What opens looks the same on a desk as on half of one. */
const WIDTHS = [1024, 360];

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await connect();
  page = await auditable(browser);
});
afterAll(() => browser.close());

it.each(Object.keys(OPENINGS))("%s", async (name) => {
  const { path, open, part } = OPENINGS[name]!;
  await page.goto(DASHBOARD + path);
  await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
  await open(page);
  await audit(page, WIDTHS, part);
});

/** axe finds nothing in what opens over a page or beside it: dialogs, lists, the record with its context, a second lane. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { audit, auditable } from "./support/audit";
import { launch } from "./support/browser";
import { OPENINGS } from "./support/openings";
import { DASHBOARD } from "./support/system";

/** What opens looks the same on a desk as on half of one. */
const WIDTHS = [1024, 360];

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

it.each(Object.keys(OPENINGS))("%s", async (name) => {
  const { path, open, part } = OPENINGS[name]!;
  const page = await auditable(browser);
  await page.goto(DASHBOARD + path);
  await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
  await open(page);
  await audit(page, WIDTHS, part);
  await page.context().close();
});

/** What a reader sees while the database is away: that it is, and the rows from before. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, open } from "../support/browser";
import { killDatabase } from "../support/system";

const PATIENCE_MILLIS = 40_000;

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

it("keeps the rows, names the database, and goes on by itself", async () => {
  const { page } = await open(browser, "/explore");
  const rows = page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]');
  await expect.poll(() => rows.count()).toBeGreaterThan(10);
  const alert = page.getByRole("alert").getByText(/database/i);
  // It is started again at once: ended until the page has asked in between.
  await expect
    .poll(
      async () => {
        killDatabase();
        if (!(await alert.isVisible())) await page.getByRole("button", { name: "Look again" }).click();
        return alert.isVisible();
      },
      { timeout: PATIENCE_MILLIS, interval: 200 },
    )
    .toBe(true);
  expect(await rows.count()).toBeGreaterThan(10);
  expect(await page.getByText(/processors? away/).isVisible()).toBe(false);
  await alert.waitFor({ state: "hidden", timeout: PATIENCE_MILLIS });
  await page.getByRole("link", { name: /lost 0/ }).waitFor({ timeout: PATIENCE_MILLIS });
  await page.context().close();
});

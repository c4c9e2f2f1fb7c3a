/** Every page says how the pipeline is, and when the gateway is away. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, open } from "./support/browser";
import { PAGE_NAMES, PAGES } from "./support/pages";
import { kill } from "./support/system";

const RECOVERED_MILLIS = 30_000;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe.each(PAGE_NAMES)("%s", (name) => {
  it("says that nothing is lost", async () => {
    const { page } = await open(browser, PAGES[name]);
    await page.getByRole("link", { name: /^lag [\d.,]+ \S+ · lost 0$/ }).waitFor();
    await page.context().close();
  });
});

it("says that the gateway is away, and that it is back, without being loaded again", async () => {
  const { page } = await open(browser, "/settings");
  await page.getByRole("link", { name: /lost 0/ }).waitFor();
  const away = page.getByRole("link", { name: "gateway away" });
  // It is started again at once: killed until the page has asked in between.
  await expect
    .poll(
      async () => {
        kill("gateway");
        return away.isVisible();
      },
      { timeout: RECOVERED_MILLIS, interval: 200 },
    )
    .toBe(true);
  await page.getByRole("link", { name: /lost 0/ }).waitFor({ timeout: RECOVERED_MILLIS });
  expect(await page.evaluate(() => performance.getEntriesByType("navigation").length)).toBe(1);
});

it("reaches every page by the keyboard alone", async () => {
  const { page } = await open(browser, "/settings");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  for (const name of ["Explore", "Live", "Traces", "Pipeline", "Settings"]) {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(`Go to ${name}`);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name }).first().waitFor({ state: "attached" });
    expect(new URL(page.url()).pathname).toBe(`/${name.toLowerCase()}`);
  }
});

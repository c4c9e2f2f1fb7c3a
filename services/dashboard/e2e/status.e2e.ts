/** Every page says how the pipeline is, and is reached by the keyboard. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, open } from "./support/browser";
import { PAGE_NAMES, PAGES } from "./support/pages";
import { DASHBOARD } from "./support/system";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await connect();
  ({ page } = await open(browser, "/settings"));
});
afterAll(() => browser.close());

describe.each(PAGE_NAMES)("%s", (name) => {
  it("says that nothing is lost", async () => {
    await page.goto(DASHBOARD + PAGES[name]);
    await page.getByRole("link", { name: /^lag [\d.,]+ \S+ · lost 0$/ }).waitFor();
  });
});

it("reaches every page by the keyboard alone", async () => {
  await page.goto(`${DASHBOARD}/settings`);
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  for (const name of ["Explore", "Live", "Traces", "Pipeline", "Settings"]) {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(`Go to ${name}`);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name }).first().waitFor({ state: "attached" });
    expect(new URL(page.url()).pathname).toBe(`/${name.toLowerCase()}`);
  }
});

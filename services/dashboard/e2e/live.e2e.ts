/** The second everyday job: watch what comes in, without being fooled. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, open } from "./support/browser";
import { lines, shown } from "./support/live";

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

const follow = (page: Page) => page.getByRole("button", { name: /^(?:[\d,]+ new|Follow)$/ });

/** Where the list stands once the wheel's movement has come to its end, which may be after the pause that it makes. */
async function settledTop(page: Page): Promise<number> {
  let before = Number.NaN;
  const top = () => lines(page).evaluate((element) => element.scrollTop);
  for (let now = await top(); now !== before; now = await top()) {
    before = now;
    await page.waitForTimeout(300);
  }
  return before;
}

it("follows, pauses when the reader scrolls back, and goes on", async () => {
  const { page } = await open(browser, "/live");
  await expect.poll(() => shown(page)).toBeGreaterThan(200);
  expect(await follow(page).isVisible()).toBe(false);
  await lines(page).hover();
  await page.mouse.wheel(0, -400);
  await follow(page).waitFor();
  const top = await settledTop(page);
  const before = await shown(page);
  await expect.poll(() => shown(page)).toBeGreaterThan(before + 100);
  expect(await lines(page).evaluate((element) => element.scrollTop)).toBeCloseTo(top, -1);
  await follow(page).click();
  await follow(page).waitFor({ state: "hidden" });
  await expect
    .poll(() => lines(page).evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight))
    .toBeLessThan(60);
  await page.context().close();
});

it("shows two versions side by side", async () => {
  const lane = encodeURIComponent("resource.service.version = 2.14.0");
  const other = encodeURIComponent("resource.service.version = 2.15.0-rc1");
  const { page } = await open(browser, `/live?q=${encodeURIComponent("service = frontend")}&lane=${lane}&other=${other}`);
  const lanes = page.getByRole("group", { name: /^Lines of / });
  await expect.poll(() => lanes.count()).toBe(2);
  for (const index of [0, 1]) {
    await expect.poll(() => lanes.nth(index).getByRole("row").count(), { timeout: 20_000 }).toBeGreaterThan(3);
  }
  await page.context().close();
});

it("reads nothing while its tab is hidden, and misses nothing", async () => {
  const { page } = await open(browser, "/live");
  await expect.poll(() => shown(page)).toBeGreaterThan(50);
  const hide = (hidden: boolean) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => state });
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (state ? "hidden" : "visible") });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await page.waitForTimeout(1_000); // what was on its way
  const before = await shown(page);
  await page.waitForTimeout(3_000);
  expect(await shown(page)).toBe(before);
  await hide(false);
  await expect.poll(() => shown(page), { timeout: 20_000 }).toBeGreaterThan(before + 300);
  expect(await page.getByRole("row").getByText(/missing|broke/).count()).toBe(0);
  await page.context().close();
});

it("keeps its form in sight while lanes are chosen", async () => {
  const { page } = await open(browser, "/live");
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Two lanes" });
  await dialog.getByLabel("Left lane").fill("service = ");
  const list = dialog.getByRole("listbox");
  await list.waitFor();
  const box = (await list.boundingBox())!;
  for (const part of [dialog.getByLabel("Right lane"), dialog.getByRole("button", { name: "Compare filters" })]) {
    const { y, height } = (await part.boundingBox())!;
    expect(y + height <= box.y || y >= box.y + box.height).toBe(true);
  }
  await page.context().close();
});

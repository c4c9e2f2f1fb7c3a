/** The second everyday job: watch what comes in, without being fooled. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch, open } from "./support/browser";
import { kill } from "./support/system";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const lines = (page: Page) => page.getByRole("group", { name: "Lines" });
const follow = (page: Page) => page.getByRole("button", { name: /^(?:[\d,]+ new|Follow)$/ });

/** How many lines came, as the counter says. */
async function shown(page: Page): Promise<number> {
  const text = await page.getByText("shown", { exact: true }).locator("xpath=../dd").first().innerText();
  return Number(text.replace(/,/g, ""));
}

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

it("says when the gateway is gone, comes back by itself, and misses nothing without a gap", async () => {
  // What is newest in the store at the end must be on the page: looked at through one rare kind of line.
  const filter = 'service = checkout AND "placed by user"';
  const { page } = await open(browser, `/live?q=${encodeURIComponent(filter)}`);
  await expect.poll(() => shown(page), { timeout: 30_000 }).toBeGreaterThan(5);
  const since = new Date().toISOString();
  const alert = page.getByRole("alert").getByText("Disconnected");
  await expect
    .poll(
      async () => {
        kill("gateway");
        return alert.isVisible();
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe(true);
  await alert.waitFor({ state: "hidden", timeout: 40_000 });
  const until = new Date(Date.now() - 1_000).toISOString();
  const before = await shown(page);
  await expect.poll(() => shown(page), { timeout: 30_000 }).toBeGreaterThan(before + 5);

  await page.keyboard.press(".");
  const seen = await everyRecord(page);
  expect(new Set(seen).size).toBe(seen.length);
  const stored = await storedRecords(browser, filter, since, until);
  expect(stored.length).toBeGreaterThan(0);
  expect(stored.filter((id) => !seen.includes(id))).toEqual([]);
  await page.context().close();
});

/** The record ids of the list, from its beginning, each as often as it stands there. */
async function everyRecord(page: Page): Promise<string[]> {
  const found = new Map<number, string>();
  await lines(page).evaluate((element) => void (element.scrollTop = 0));
  for (;;) {
    await page.waitForTimeout(150);
    const drawn = await lines(page)
      .locator("[data-record-id]")
      .evaluateAll((rows) => rows.map((row) => [Number(row.getAttribute("aria-rowindex")), row.getAttribute("data-record-id")!] as const));
    for (const [index, id] of drawn) found.set(index, id);
    const isEnd = await lines(page).evaluate((element) => {
      const before = element.scrollTop;
      element.scrollTop += element.clientHeight / 2;
      return element.scrollTop === before;
    });
    if (isEnd) return [...found.values()];
  }
}

async function storedRecords(of: Browser, filter: string, since: string, until: string): Promise<string[]> {
  const { page } = await open(of, "/settings");
  const text = await page.evaluate(
    async ([q, from, to]) => {
      const asked = new URLSearchParams({ filter: q!, start_time: from!, end_time: to!, format: "EXPORT_FORMAT_NDJSON" });
      return (await fetch(`/v1/export?${asked}`)).text();
    },
    [filter, since, until],
  );
  await page.context().close();
  return text
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { id: string }).id);
}

/** What a reader sees while the gateway is away: that it is, and nothing missing once it is back. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, open } from "../support/browser";
import { lines, shown } from "../support/live";
import { kill } from "../support/system";

const RECOVERED_MILLIS = 30_000;

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

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

it("has Live say so, come back by itself, and miss nothing without a gap", async () => {
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

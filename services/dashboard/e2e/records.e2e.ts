/** Records as a person reads them: their message in the list, laid out when they open. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, open } from "./support/browser";

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

const rows = (page: Page) => page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]');
const panel = (page: Page) => page.getByRole("complementary", { name: "Record" });
const message = (page: Page) => panel(page).getByRole("group", { name: "Message", exact: true });

async function shaped(path = "") {
  const { page } = await open(browser, `/explore?q=${encodeURIComponent("service = shaped")}&from=now-1h${path}`);
  await expect.poll(() => rows(page).count()).toBe(4);
  return page;
}

it("shows what JSON says, and opens it laid out with its digits", async () => {
  const page = await shaped();
  const row = rows(page).filter({ hasText: "payment declined" });
  expect(await row.locator('[role="cell"]').last().innerText()).toMatch(/^payment declined\s*order=9007199254740993\s*http\.status=402$/);
  await row.click();
  await expect.poll(() => message(page).innerText()).toContain('"order": 9007199254740993,');
  await panel(page).getByRole("button", { name: "As it came" }).click();
  await expect.poll(() => message(page).innerText()).toContain('{"level":"error","msg":"payment declined"');
  await page.context().close();
});

it("shows no escapes of a terminal, and its colours when the record opens", async () => {
  const page = await shaped();
  const row = rows(page).filter({ hasText: "cache warmed" });
  expect(await row.locator('[role="cell"]').last().innerText()).toBe("INFO cache warmed");
  await row.click();
  await expect.poll(() => message(page).locator(".text-good").innerText()).toBe("INFO");
  await page.context().close();
});

it("keeps the lines of a stack trace where lines wrap", async () => {
  const page = await shaped();
  const row = rows(page).filter({ hasText: "no route to the bank" });
  expect((await row.boundingBox())!.height).toBe(24);
  await page.getByRole("button", { name: "Wrap long lines" }).click();
  await expect.poll(async () => (await row.boundingBox())!.height).toBeGreaterThan(60);
  expect((await row.locator('[role="cell"]').last().innerText()).split("\n")).toHaveLength(3);
  await page.context().close();
});

it("opens nothing when text is marked", async () => {
  const page = await shaped();
  const line = rows(page).filter({ hasText: "slow answer" }).locator('[role="cell"]').last();
  const box = (await line.boundingBox())!;
  await page.mouse.move(box.x + 30, box.y + 12);
  await page.mouse.down();
  await page.mouse.move(box.x + 120, box.y + 12, { steps: 5 });
  await page.mouse.up();
  expect(await page.evaluate(() => document.getSelection()!.toString().length)).toBeGreaterThan(3);
  expect(await panel(page).isVisible()).toBe(false);
  expect(new URL(page.url()).searchParams.get("row")).toBeNull();
  await line.click();
  await panel(page).waitFor();
  await page.context().close();
});

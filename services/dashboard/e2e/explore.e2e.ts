/** The first everyday job, as a person does it: what broke in the last 15 minutes. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch, open } from "./support/browser";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const rows = (page: Page) => page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]');
const panel = (page: Page) => page.getByRole("complementary", { name: "Record" });
const query = (page: Page) => page.getByRole("combobox", { name: "Query" });
const addressed = (page: Page, name: string) => new URL(page.url()).searchParams.get(name) ?? "";

/** The generator's services fail in bursts; the first of a run comes soon. */
async function burst(page: Page) {
  const item = page.getByRole("toolbar", { name: "What changed" }).getByRole("button", { name: / errors / }).first();
  await expect
    .poll(
      async () => {
        if (!(await item.isVisible())) await page.getByRole("button", { name: "Look again" }).click();
        return item.isVisible();
      },
      { timeout: 60_000, interval: 1_000 },
    )
    .toBe(true);
  return item;
}

it("leads from an error burst to its trace in three clicks", async () => {
  const { page } = await open(browser, "/explore");
  await (await burst(page)).click();
  await expect.poll(() => addressed(page, "q")).toMatch(/severity >= ERROR/);
  await rows(page).first().getByLabel(/^(?:ERROR|FATAL)$/).waitFor();
  await rows(page).first().click();
  await panel(page).getByRole("heading", { name: "Context" }).waitFor();
  await panel(page).getByRole("button", { name: "Follow this trace" }).click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await page.getByRole("table", { name: "Logs of the trace" }).getByLabel(/^(?:ERROR|FATAL)$/).first().waitFor();
  await page.context().close();
});

it("leads there by the keyboard alone", async () => {
  const { page } = await open(browser, "/explore");
  await burst(page);
  await page.keyboard.press("w");
  await page.keyboard.press("Enter");
  await expect.poll(() => addressed(page, "q")).toMatch(/severity >= ERROR/);
  await rows(page).first().getByLabel(/^(?:ERROR|FATAL)$/).waitFor();
  // The row may be of the results before, and go with its selection when the new ones come: then one presses again.
  await expect
    .poll(async () => {
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      return panel(page).isVisible();
    }, { interval: 500 })
    .toBe(true);
  await page.keyboard.press("f");
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await page.context().close();
});

it("narrows the time by a brush over the histogram", async () => {
  const { page } = await open(browser, "/explore");
  const plot = page.getByRole("region", { name: "Records over time" }).locator(".u-over");
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.98, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await expect.poll(() => addressed(page, "from")).toMatch(/^\d{4}-\d\d-\d\dT/);
  const seconds = (Date.parse(addressed(page, "to")) - Date.parse(addressed(page, "from"))) / 1000;
  expect(seconds).toBeGreaterThan(300);
  expect(seconds).toBeLessThan(600);
  await page.context().close();
});

it("includes and excludes by facets, and the chips say so", async () => {
  const { page } = await open(browser, "/explore");
  const facets = page.getByRole("region", { name: "Facets" });
  await facets.getByRole("button", { name: /^Include service cart\b/ }).click();
  await expect.poll(() => query(page).inputValue()).toBe("service = cart");
  await facets.getByRole("button", { name: /^Exclude level DEBUG/ }).click();
  await expect.poll(() => addressed(page, "q")).toMatch(/^service = cart AND severity < DEBUG OR severity >= INFO$/);
  // The rows before stand until the first of the new ones are here.
  await expect.poll(() => rows(page).getByLabel("DEBUG", { exact: true }).count()).toBe(0);
  await expect.poll(() => rows(page).count()).toBeGreaterThan(5);
  expect(await rows(page).getByText("cart", { exact: true }).count()).toBe(await rows(page).count());
  await page.getByRole("list", { name: "Conditions" }).getByRole("button", { name: "Remove service = cart" }).click();
  await expect.poll(() => addressed(page, "q")).toMatch(/^severity < DEBUG/);
  await page.context().close();
});

it("opens a row with what stood around it, and a permalink opens the same row elsewhere", async () => {
  const { page } = await open(browser, `/explore?q=${encodeURIComponent("trace_id:*")}`);
  await rows(page).nth(3).click();
  await page.keyboard.press("c");
  await panel(page).getByRole("button", { name: /more before/i }).waitFor();
  const message = await panel(page).getByRole("group", { name: "Message" }).textContent();
  const row = addressed(page, "row");
  expect(row).not.toBe("");

  const elsewhere = await open(browser, new URL(page.url()).pathname + new URL(page.url()).search);
  await panel(elsewhere.page).waitFor();
  expect(await panel(elsewhere.page).getByRole("group", { name: "Message" }).textContent()).toBe(message);
  expect(addressed(elsewhere.page, "row")).toBe(row);
  await page.context().close();
  await elsewhere.page.context().close();
});

it("shows a hostile record as the text that it is", async () => {
  const { page, offences } = await open(browser, `/explore?q=${encodeURIComponent("service = hostile")}&from=now-1h`);
  await rows(page).first().waitFor();
  await expect.poll(() => rows(page).getByText("<script>window.executed = 1</script>").count()).toBe(1);
  await expect.poll(() => rows(page).getByText("user ⟨202E⟩gnp.exe").count()).toBe(1);
  const count = await rows(page).count();
  for (let index = 0; index < count; index += 1) {
    await rows(page).nth(index).click();
    await panel(page).waitFor();
  }
  expect(await page.evaluate(() => window.executed)).toBeUndefined();
  expect(offences).toEqual({ policy: [], elsewhere: [], dialogs: [], errors: [] });
  await page.context().close();
});

it("points at the place of a mistake, and takes the suggestion", async () => {
  const { page } = await open(browser, "/explore");
  await query(page).fill("sevice = checkout");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByRole("button", { name: /service/ }).click();
  await expect.poll(() => addressed(page, "q")).toBe("service = checkout");
  await page.context().close();
});

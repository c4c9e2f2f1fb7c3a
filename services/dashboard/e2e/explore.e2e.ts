/** The first everyday job, as a person does it: what broke in the last 15 minutes. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, open } from "./support/browser";
import { DASHBOARD } from "./support/system";

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
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
  // What is fatal comes before.
  const strip = page.getByRole("toolbar", { name: "What changed" });
  while (!/ errors /.test((await strip.locator(":focus").textContent())!)) await page.keyboard.press("ArrowRight");
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

it("keeps the facets where they are while the next question is on its way", async () => {
  const { page } = await open(browser, "/explore?facets=attributes.order_id");
  const facets = page.getByRole("region", { name: "Facets" });
  const rail = facets.locator("xpath=..");
  const chosen = facets.getByRole("button", { name: /^Include service cart\b/ });
  await chosen.waitFor();
  await page.setViewportSize({ width: 1440, height: 700 });
  await chosen.scrollIntoViewIfNeeded();
  await rail.evaluate((element) => element.scrollTo(0, 60));
  expect(await rail.evaluate((element) => element.scrollTop)).toBe(60);
  // The rail is watched at each frame: a moment without its values is what a reader sees as a flash.
  await page.evaluate(() => {
    const watched = window as { fewest?: number };
    watched.fewest = Number.POSITIVE_INFINITY;
    const look = () => {
      watched.fewest = Math.min(watched.fewest!, document.querySelectorAll('[aria-label="Facets"] h3').length);
      requestAnimationFrame(look);
    };
    look();
  });
  const element = (await chosen.elementHandle())!;
  await element.focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => addressed(page, "q")).toBe("service = cart");
  await expect.poll(() => facets.getAttribute("aria-busy")).toBe("false");
  expect(await page.evaluate(() => (window as { fewest?: number }).fewest)).toBe(5);
  // Other facets have fewer values now, so that it moves; it does not leave the reader's sight.
  const [box, frame] = [(await chosen.boundingBox())!, (await rail.boundingBox())!];
  expect(box.y > frame.y && box.y + box.height < frame.y + frame.height).toBe(true);
  expect(await element.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.context().close();
});

it("takes times as they are typed", async () => {
  const { page } = await open(browser, "/explore");
  await rows(page).first().waitFor();
  await page.keyboard.press("t");
  await page.getByLabel("From", { exact: true }).fill("yesterday");
  await page.getByLabel("To", { exact: true }).fill("90 minutes ago");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect.poll(() => [addressed(page, "from"), addressed(page, "to")]).toEqual(["now-1d/d", "now-90m"]);
  await page.context().close();
});

it("goes by the server's clock, and says that the browser's is wrong", async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    const right = Date.now;
    Date.now = () => right() - 20 * 60_000;
  });
  const page = await context.newPage();
  await page.goto(`${DASHBOARD}/explore?from=now-5m`);
  await page.getByText("clock 20 min behind").waitFor();
  await expect.poll(() => rows(page).count(), { timeout: 20_000 }).toBeGreaterThan(5);
  await context.close();
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

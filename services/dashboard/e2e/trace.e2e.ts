/** The third everyday job: follow one request through the services that took part in it. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, open } from "./support/browser";

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

const panel = (page: Page) => page.getByRole("complementary", { name: "Record" });
const logs = (page: Page) => page.getByRole("table", { name: "Logs of the trace" });
const rows = (page: Page) => logs(page).getByRole("row");
const lanes = (page: Page) => page.getByRole("region", { name: "Services over time" }).getByRole("listitem");

/** A trace of several services, reached by the keyboard from one of its logs in Explore; gives the first line of that log's message. */
async function followed(page: Page): Promise<string> {
  const results = page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]');
  await results.first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const message = await panel(page).getByRole("group", { name: "Message" }).innerText();
  await page.keyboard.press("f");
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await rows(page).first().waitFor();
  return message.split("\n")[0]!;
}

/** Offsets such as "+1.65 ms" or "+0" in milliseconds. */
function milliseconds(offset: string): number {
  const [, figure, unit] = /^\+([\d.]+)(?: (ns|µs|ms|s))?$/.exec(offset) ?? [];
  return Number(figure) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[unit ?? "ms"]!;
}

// A request enters the generator's shop at the frontend, which calls others; one of ten seconds ago is over.
const ENTRY = `/explore?q=${encodeURIComponent("service = frontend AND trace_id:*")}&to=now-10s`;

it("shows who took part, and the logs in order", async () => {
  const { page, offences } = await open(browser, ENTRY);
  const message = await followed(page);
  await rows(page).getByText(message).first().waitFor();

  const names = await lanes(page).getByRole("button", { pressed: false }).locator("span:first-child").allInnerTexts();
  expect(names).toContain("frontend");
  expect(names.length).toBeGreaterThan(1);
  const written = await Promise.all(names.map((name) => rows(page).getByText(name, { exact: true }).count()));
  expect(Math.min(...written)).toBeGreaterThan(0);
  expect(written.reduce((all, one) => all + one)).toBe(await rows(page).count());

  const offsets = (await logs(page).getByText(/^\+[\d.]+/).allInnerTexts()).map(milliseconds);
  expect(offsets[0]).toBe(0);
  expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
  expect(offences).toEqual({ policy: [], elsewhere: [], dialogs: [], errors: [] });
  await page.context().close();
});

it("lists the errors first, marks them among the logs, and opens one from its list", async () => {
  const failing = encodeURIComponent("severity >= ERROR AND trace_id:*");
  const { page } = await open(browser, `/explore?q=${failing}&to=now-10s`);
  const message = await followed(page);

  const errors = page.getByRole("region", { name: "Errors" }).getByRole("listitem");
  const more = page.getByRole("button", { name: /^Show all \d+ errors$/ });
  if (await more.isVisible()) await more.click();
  const marked = rows(page).filter({ has: page.getByRole("img", { name: /^(ERROR|FATAL)/ }) });
  expect(await marked.count()).toBeGreaterThan(0);
  expect(await marked.count()).toBe(await errors.count());
  await marked.getByText(message).first().waitFor();

  await errors.filter({ hasText: message }).first().getByRole("button").click();
  await expect.poll(() => panel(page).getByRole("group", { name: "Message" }).innerText()).toContain(message);
  await page.context().close();
});

it("finds a text in it, shows one service alone, and holds both in the address", async () => {
  const { page } = await open(browser, ENTRY);
  const message = await followed(page);
  const all = await rows(page).count();

  await page.keyboard.press("/");
  await page.keyboard.type(message);
  await expect.poll(() => logs(page).locator("mark").count()).toBeGreaterThan(0);
  const found = await rows(page).count();
  expect(found).toBeLessThan(all);
  expect(await rows(page).locator("mark").allInnerTexts()).toEqual(Array(found).fill(message));
  await expect.poll(() => new URL(page.url()).searchParams.get("find")).toBe(message);

  await page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(() => rows(page).count()).toBe(all);
  await lanes(page).getByRole("button", { name: /^frontend/ }).click();
  await expect.poll(() => rows(page).count()).toBeLessThan(all);
  await page.reload();
  await rows(page).first().waitFor();
  expect(await rows(page).getByText("frontend", { exact: true }).count()).toBe(await rows(page).count());
  await page.context().close();
});

it("opens one of its logs, and a record's panel sums it up before it is followed", async () => {
  const { page } = await open(browser, ENTRY);
  await page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]').first().click();
  const figures = panel(page).getByRole("list", { name: "The trace in figures" });
  await figures.waitFor();
  const said = await figures.getByRole("listitem").allInnerTexts();
  await panel(page).getByRole("button", { name: "Follow this trace" }).click();
  await rows(page).first().waitFor();
  const head = await page.getByText(/^\d+ logs? · /).innerText();
  for (const figure of said) expect(head).toContain(figure);

  await rows(page).last().click();
  await panel(page).waitFor();
  expect(new URL(page.url()).searchParams.get("row")).not.toBeNull();
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "hidden" });
  await page.context().close();
});

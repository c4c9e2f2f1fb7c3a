/**
 * Measures the Explore page in a browser: how soon it shows something, and whether long lines stop it. It starts no server:
 *
 *     node bench/explore.mjs http://localhost:3000 [repeats]
 *
 * The store should hold a day of records that reaches to now, and lines of 200 kB of the service `long`. Prints one JSON object.
 */

import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const BROWSER = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};
const PATIENCE_MILLIS = 20_000;

/** In the page, before its own scripts: when the first row and the counted histogram were there, and which tasks were long. */
function watch() {
  window.seen = { row: null, histogram: null };
  window.tasks = [];
  new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });
  const look = () => {
    window.seen.row ??= document.querySelector('[role="row"][data-index]') && performance.now();
    window.seen.histogram ??= document.querySelector('section[aria-label="Records over time"][aria-busy="false"] [role="slider"]') && performance.now();
    if (window.seen.row === null || window.seen.histogram === null) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Milliseconds from opening the page until a row and the histogram are there, `repeats` times. */
async function firstSights(context, url, repeats) {
  const sights = { row: [], histogram: [] };
  // The first of them fills the browser's cache.
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => window.seen.row !== null && window.seen.histogram !== null, undefined, { timeout: PATIENCE_MILLIS });
    const seen = await page.evaluate(() => window.seen);
    if (repeat > 0) {
      sights.row.push(seen.row);
      sights.histogram.push(seen.histogram);
    }
    await page.close();
  }
  return sights;
}

/** The longest task, in milliseconds and 0 below 50, while long lines are listed, scrolled through and one is opened. */
async function longestTask(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  const rows = page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]');
  await rows.first().waitFor({ timeout: PATIENCE_MILLIS });
  await rows.first().hover();
  for (let step = 0; step < 20; step += 1) {
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(50);
  }
  await rows.nth(3).click();
  await page.getByRole("complementary", { name: "Record" }).waitFor();
  await page.waitForTimeout(1_000);
  const tasks = await page.evaluate(() => window.tasks);
  await page.close();
  return Math.max(0, ...tasks);
}

export async function measureExplore(context, { url, repeats = 20 }) {
  await context.addInitScript(watch);
  const quarter = await firstSights(context, `${url}/explore`, repeats);
  const day = await firstSights(context, `${url}/explore?from=now-24h&to=now`, repeats);
  const longLinesTask = await longestTask(context, `${url}/explore?q=${encodeURIComponent("service = long")}&from=now-1h&to=now`);
  return { quarter, day, longLinesTask };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [url = "http://localhost:3000", repeats = "20"] = process.argv.slice(2);
  const browser = await chromium.launch(BROWSER);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  process.stdout.write(`${JSON.stringify(await measureExplore(context, { url, repeats: Number(repeats) }))}\n`);
  await browser.close();
}

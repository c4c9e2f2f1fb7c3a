/**
 * Measures the Explore page in a browser: how soon it shows something, and whether long lines stop it. It starts no server:
 *
 *     node bench/explore.mjs http://localhost:3000 [repeats]
 *
 * The store should hold a day of records that reaches to now, and lines of 200 kB of the service `long`. The browser has a
 * profile of its own that lives as long as the measuring: its caches are warm from the second page on, as a reader's are.
 * Prints one JSON object.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const BROWSER = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  viewport: { width: 1440, height: 900 },
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};
const PATIENCE_MILLIS = 20_000;
const SETTLE_MILLIS = 1_000;
/** Services of the store, asked for one after the other, so that no answer is in the page already. */
const SERVICES = ["service-2", "service-3"];
const ROW = '[role="row"][data-index]';

/** In the page, before its own scripts: when the first row and the counted histogram were there, and which tasks were long. */
function watch() {
  const HISTOGRAM = 'section[aria-label="Records over time"][aria-busy="false"] [role="slider"]';
  window.seen = { row: null, histogram: null };
  window.tasks = [];
  new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });
  const look = () => {
    window.seen.row ??= document.querySelector('[role="row"][data-index]') && performance.now();
    window.seen.histogram ??= document.querySelector(HISTOGRAM) && performance.now();
    if (window.seen.row === null || window.seen.histogram === null) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  /** From the next Enter: milliseconds until the list shows this service's rows alone. */
  window.rowAfterEnter = (service) =>
    new Promise((resolve) => {
      addEventListener(
        "keydown",
        () => {
          const asked = performance.now();
          const compare = () => {
            const rows = [...document.querySelectorAll('[role="row"][data-index]')];
            if (rows.length > 0 && rows.every((row) => row.textContent.includes(service))) resolve(performance.now() - asked);
            else requestAnimationFrame(compare);
          };
          requestAnimationFrame(compare);
        },
        { once: true, capture: true },
      );
    });
}

async function open(context, url) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MILLIS);
  await page.goto(url);
  await page.waitForFunction(() => window.seen.row !== null && window.seen.histogram !== null);
  return page;
}

/** Milliseconds from opening the page until a row and the histogram are there, `repeats` times. */
async function firstSights(context, url, repeats) {
  const sights = { row: [], histogram: [] };
  // The first two fill the browser's caches of files and of compiled code.
  for (let repeat = -2; repeat < repeats; repeat += 1) {
    const page = await open(context, url);
    const seen = await page.evaluate(() => window.seen);
    if (repeat >= 0) {
      sights.row.push(seen.row);
      sights.histogram.push(seen.histogram);
    }
    await page.close();
  }
  return sights;
}

/** Milliseconds from Enter in the query bar until the rows of the answer are there, `repeats` times. */
async function answers(context, url, repeats) {
  const waits = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const page = await open(context, url);
    for (const service of SERVICES) {
      await page.waitForTimeout(SETTLE_MILLIS);
      waits.push(await ask(page, service));
    }
    await page.close();
  }
  return waits;
}

async function ask(page, service) {
  const bar = page.getByRole("combobox").first();
  await bar.fill(`service = ${service}`);
  // Closes the completions, so that Enter asks.
  await bar.press("Escape");
  const wait = page.evaluate((name) => window.rowAfterEnter(name), service);
  await bar.press("Enter");
  return await wait;
}

/**
 * The longest tasks, in milliseconds and 0 below 50: of the page's own start, of asking for short lines and for long ones, and of
 * scrolling through long lines and opening one.
 */
async function longestTasks(context, url) {
  const page = await open(context, url);
  const longest = async () => {
    await page.waitForTimeout(SETTLE_MILLIS);
    return Math.max(0, ...(await page.evaluate(() => window.tasks.splice(0))));
  };
  const startTask = await longest();
  await ask(page, SERVICES[0]);
  const askTask = await longest();
  await ask(page, "long");
  const askLongTask = await longest();
  const rows = page.getByRole("table", { name: "Results" }).locator(ROW);
  await rows.first().hover();
  for (let step = 0; step < 20; step += 1) {
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(50);
  }
  await rows.nth(3).click();
  await page.getByRole("complementary", { name: "Record" }).waitFor();
  const longLinesTask = await longest();
  await page.close();
  return { startTask, askTask, askLongTask, longLinesTask };
}

async function measureExplore(context, url, repeats) {
  await context.addInitScript(watch);
  const quarter = await firstSights(context, `${url}/explore`, repeats);
  const day = await firstSights(context, `${url}/explore?from=now-24h&to=now`, repeats);
  const asked = await answers(context, `${url}/explore`, repeats);
  return { quarter, day, asked, ...(await longestTasks(context, `${url}/explore?from=now-1h&to=now`)) };
}

const [url = "http://localhost:3000", repeats = "20"] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "logmesh-bench-"));
const context = await chromium.launchPersistentContext(profile, BROWSER);
try {
  process.stdout.write(`${JSON.stringify(await measureExplore(context, url, Number(repeats)))}\n`);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}

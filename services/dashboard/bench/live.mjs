/**
 * Measures the Live page in a browser: frames a second, long tasks, heap. It starts no server:
 *
 *     logmesh up --rate 5000 …
 *     node bench/live.mjs http://localhost:3000 [seconds]
 *
 * Prints one JSON object.
 */

import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const WARM_UP_MILLIS = 5_000;
/** A long watch is measured in windows, and the heap is read between them: collecting garbage is a long task of its own. */
const WINDOW_SECONDS = 300;
const BROWSER = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};

/**
 * @typedef {object} LiveFigures
 * @property {number} seconds How long was measured.
 * @property {number} linesPerSecond Lines that came to the page.
 * @property {number} dropped Lines that the gateway left out meanwhile.
 * @property {number} framesPerSecond
 * @property {number} longestTaskMillis 0 when no task took 50 ms or more.
 * @property {number} longTasks Tasks of 50 ms and more.
 * @property {number[]} heapBytes Page and worker together, after a collection: at the beginning, every five minutes, at the end.
 */

/**
 * Open the Live page of the dashboard at `url` and watch it follow.
 *
 * @param {import("playwright-core").Page} page
 * @param {{ url: string, seconds?: number, search?: string }} options `search` is the page's, such as `?q=cart`.
 * @returns {Promise<LiveFigures>}
 */
export async function measureLive(page, { url, seconds = 60, search = "" }) {
  const heap = await watchHeap(page);
  await page.goto(`${url}/live${search}`);
  await page.getByRole("row").first().waitFor();
  await page.waitForTimeout(WARM_UP_MILLIS);
  const heapBytes = [await heap.read()];
  const before = await readCounters(page);
  const total = { shown: 0, count: 0, millis: 0, tasks: [] };
  for (let left = seconds; left > 0; left -= WINDOW_SECONDS) {
    const { shown } = await readCounters(page);
    const frames = await page.evaluate(countFrames, Math.min(left, WINDOW_SECONDS) * 1_000);
    total.shown += (await readCounters(page)).shown - shown;
    total.count += frames.count;
    total.millis += frames.millis;
    total.tasks.push(...frames.tasks);
    heapBytes.push(await heap.read());
  }
  return {
    seconds,
    linesPerSecond: total.shown / (total.millis / 1_000),
    dropped: (await readCounters(page)).dropped - before.dropped,
    framesPerSecond: total.count / (total.millis / 1_000),
    longestTaskMillis: Math.max(0, ...total.tasks),
    longTasks: total.tasks.length,
    heapBytes,
  };
}

/** In the page: frames and long tasks of the next milliseconds. */
async function countFrames(millis) {
  const tasks = [];
  const watching = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) tasks.push(entry.duration);
  });
  watching.observe({ type: "longtask" });
  const began = performance.now();
  let count = 0;
  await new Promise((resolve) => {
    const frame = (now) => {
      count += 1;
      if (now - began >= millis) resolve();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  watching.disconnect();
  return { count, millis: performance.now() - began, tasks };
}

/** Counters of the first lane; their exact values are in the titles. */
async function readCounters(page) {
  const read = async (name) => {
    const title = await page.locator("dl > div", { hasText: name }).first().getAttribute("title");
    return Number((title ?? "").replaceAll(",", "").match(/\d+/)?.[0] ?? 0);
  };
  return { shown: await read("shown"), dropped: await read("dropped") };
}

/** Reads the heap of a page and its workers. */
async function watchHeap(page) {
  const session = await page.context().newCDPSession(page);
  const workers = new Map();
  const waiting = new Map();
  session.on("Target.attachedToTarget", ({ sessionId }) => workers.set(sessionId, 0));
  session.on("Target.detachedFromTarget", ({ sessionId }) => workers.delete(sessionId));
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result } = JSON.parse(message);
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  let last = 0;
  const ask = (sessionId, method) => {
    last += 1;
    const answer = new Promise((resolve) => {
      waiting.set(last, resolve);
    });
    return session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id: last, method }) }).then(() => answer);
  };
  const bytesOf = ({ usedSize, backingStorageSize = 0 }) => usedSize + backingStorageSize;
  const read = async () => {
    await session.send("HeapProfiler.collectGarbage");
    let bytes = bytesOf(await session.send("Runtime.getHeapUsage"));
    for (const sessionId of workers.keys()) {
      await ask(sessionId, "HeapProfiler.collectGarbage");
      bytes += bytesOf(await ask(sessionId, "Runtime.getHeapUsage"));
    }
    return bytes;
  };
  return { read };
}

async function main(url, seconds) {
  const browser = await chromium.launch(BROWSER);
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    process.stdout.write(`${JSON.stringify(await measureLive(page, { url, seconds }))}\n`);
  } finally {
    await browser.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [url = "http://localhost:3000", seconds = "60"] = process.argv.slice(2);
  await main(url, Number(seconds));
}

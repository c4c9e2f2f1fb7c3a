/** The pipeline page goes from "Lost 0" to a named problem and back, as parts of the system stop and go on. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, open } from "../support/browser";
import { kill, signal } from "../support/system";

const NAMED_MILLIS = 15_000;
const RECOVERED_MILLIS = 30_000;

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

it("names a processor that is stopped, and forgets it when it goes on", async () => {
  const { page, offences } = await open(browser, "/pipeline");
  const well = page.getByText("No problem:");
  await well.waitFor();
  await page.getByText("Lost 0", { exact: true }).waitFor();
  signal("log-processor-1", "SIGSTOP");
  try {
    await page.getByRole("heading", { name: "log-processor-1 does not answer." }).waitFor({ timeout: NAMED_MILLIS });
    await page.getByRole("link", { name: /^1 of \d+ processors away$/ }).waitFor({ timeout: NAMED_MILLIS });
  } finally {
    signal("log-processor-1", "SIGCONT");
  }
  await well.waitFor({ timeout: RECOVERED_MILLIS });
  await page.getByRole("link", { name: /^lag .* lost 0$/ }).waitFor({ timeout: RECOVERED_MILLIS });
  expect(offences.errors).toEqual([]);
  await page.context().close();
});

it("names a processor that is killed, and forgets it when it has returned", async () => {
  const { page } = await open(browser, "/pipeline");
  await page.getByText("No problem:").waitFor();
  const away = page.getByRole("heading", { name: "log-processor-0 does not answer." });
  // It is started again at once: killed until the page has asked in between.
  await expect
    .poll(
      async () => {
        kill("log-processor-0");
        return away.isVisible();
      },
      { timeout: RECOVERED_MILLIS, interval: 200 },
    )
    .toBe(true);
  await page.getByText("No problem:").waitFor({ timeout: RECOVERED_MILLIS });
  await page.getByText("Lost 0", { exact: true }).waitFor();
  await page.context().close();
});

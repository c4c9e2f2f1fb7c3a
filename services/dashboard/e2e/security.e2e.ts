/** Records can say what they like: nothing of them runs, and no page asks anyone but its own origin. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Offences, open } from "./support/browser";
import { PAGE_NAMES, PAGES, settle } from "./support/pages";
import { DASHBOARD } from "./support/system";

const NOTHING = { policy: [], elsewhere: [], dialogs: [], errors: [] };

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

describe.each(PAGE_NAMES)("%s", (name) => {
  let page: Page;
  let offences: Offences;
  beforeAll(async () => {
    ({ page, offences } = await open(browser, `${PAGES[name]}?q=${encodeURIComponent("service:hostile")}&from=now-1h`));
  });
  afterAll(() => page.context().close());

  it("neither runs a hostile record nor leaves the origin", async () => {
    await settle(page);
    expect(await page.evaluate(() => window.executed)).toBeUndefined();
    expect(offences).toEqual(NOTHING);
  });

  it("shows a hostile address as text", async () => {
    const script = "<img src=x onerror='window.executed=1'>\u202e\u001b[31m";
    await page.goto(`${DASHBOARD}${PAGES[name]}?q=${encodeURIComponent(script)}`);
    await settle(page);
    expect(await page.evaluate(() => window.executed)).toBeUndefined();
    expect(offences).toEqual(NOTHING);
  });
});

it("is served under a policy that lets no inline script or style element run", async () => {
  const policy = (await fetch(`${DASHBOARD}/explore`)).headers.get("content-security-policy") ?? "";
  const directives = new Map(policy.split("; ").map((text) => [text.split(" ")[0], text]));
  expect(directives.get("default-src")).toBe("default-src 'none'");
  expect(directives.get("script-src")).toBe("script-src 'self'");
  expect(directives.get("style-src")).toBe("style-src 'self'");
  expect(directives.get("connect-src")).toBe("connect-src 'self'");
});

it("refuses a script that was written into the page, and the spec would see it", async () => {
  const { page, offences } = await open(browser, "/settings");
  await settle(page);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.executed = true";
    document.body.append(script);
  });
  await expect.poll(() => offences.policy).toContain("script-src-elem");
  expect(await page.evaluate(() => window.executed)).toBeUndefined();
});

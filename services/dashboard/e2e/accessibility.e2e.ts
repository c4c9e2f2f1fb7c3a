/** axe finds nothing on any page, in any state, theme and width. */

import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { arrange, drawn, PAGE_NAMES, pathOf, settle, STATES, THEMES } from "./support/pages";
import { DASHBOARD } from "./support/system";
import { storedTrace } from "./support/traces";

const WIDTHS = [1440, 360];

let browser: Browser;
let trace: string;
beforeAll(async () => {
  browser = await launch();
  trace = await storedTrace(browser);
});
afterAll(() => browser.close());

describe.each(PAGE_NAMES)("%s", (name) => {
  it.each(STATES)("%s", async (state) => {
    // axe is injected as a script, which the policy refuses; what the policy allows is another spec's matter.
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    await arrange(page, state);
    await page.goto(DASHBOARD + pathOf(name, state, trace));
    await settle(page, state);
    await page.evaluate(axe.source);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await drawn(page);
        const found = await page.evaluate(async () => (await window.axe.run()).violations);
        const told = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
        expect(told, `${width} px, ${colorScheme}`).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, `scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
      }
    }
    await context.close();
  });
});

declare global {
  interface Window {
    axe: typeof axe;
  }
}

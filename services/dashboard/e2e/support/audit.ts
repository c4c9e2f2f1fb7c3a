/** What axe finds on a page, in both themes and at the widths that the dashboard's layouts are made for. */

import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { drawn, THEMES } from "./pages";

/** A desk, half of one, a telephone. */
export const WIDTHS: readonly number[] = [1440, 1024, 360];
const HEIGHT = 900;

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** A page that axe can be put in: as a script, which the policy refuses; what the policy allows is another spec's matter. */
export async function auditable(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true, viewport: { width: WIDTHS[0]!, height: HEIGHT } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

/** Expect nothing of axe in `part` of the page, a selector, and nothing that scrolls sideways. */
export async function audit(page: Page, widths = WIDTHS, part = "html"): Promise<void> {
  await page.evaluate(axe.source);
  for (const width of widths) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      // A busy machine may still be painting: only what is found again is wrong.
      if ((await violations(page, part)).length > 0) expect(await violations(page, part), `${width} px, ${colorScheme}`).toEqual([]);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
  }
}

/** What axe finds once a change of theme or width is on the screen. It need not describe what passes, which is most of its work. */
async function violations(page: Page, part: string): Promise<string[]> {
  await drawn(page);
  const found = await page.evaluate(async (of) => (await window.axe.run(of, { resultTypes: ["violations"] })).violations, part);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/** What axe finds on a page, in both themes and at the widths that the dashboard's layouts are made for. */

import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { drawn, THEMES } from "./pages";

/** The rules that read colours; themes differ in nothing else. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

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
  const context = await browser.newContext({ bypassCSP: true, reducedMotion: "reduce", viewport: { width: WIDTHS[0]!, height: HEIGHT } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

/** Expect nothing of axe in `part` of the page, a selector, and nothing that scrolls sideways. */
export async function audit(page: Page, widths = WIDTHS, part = "html"): Promise<void> {
  await page.evaluate(axe.source);
  for (const width of widths) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const [index, colorScheme] of THEMES.entries()) {
      await page.emulateMedia({ colorScheme });
      const rules = index === 0 ? undefined : OF_COLOURS;
      // A busy machine may still be painting: only what is found again is wrong.
      if ((await violations(page, part, rules)).length > 0)
        expect(await violations(page, part, rules), `${width} px, ${colorScheme}`).toEqual([]);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
  }
}

/** What axe finds, by all rules or these, once a change of theme or width is on the screen. It need not describe what passes, which is
 * most of its work. */
async function violations(page: Page, part: string, rules?: string[]): Promise<string[]> {
  await drawn(page);
  const options: axe.RunOptions = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const found = await page.evaluate(async ([of, how]) => (await window.axe.run(of, how)).violations, [part, options] as const);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/** What the page Live shows. */

import type { Page } from "playwright-core";

export const lines = (page: Page) => page.getByRole("group", { name: "Lines" });

/** How many lines came, as the counter says. */
export async function shown(page: Page): Promise<number> {
  const text = await page.getByText("shown", { exact: true }).locator("xpath=../dd").first().innerText();
  return Number(text.replace(/,/g, ""));
}

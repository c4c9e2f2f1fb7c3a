/** Every page in every state, width and theme as a PNG: <folder>/explore-full-1440-light.png. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./support/chromium";
import { arrange, drawn, PAGE_NAMES, pathOf, settle, STATES, THEMES } from "./support/pages";
import { DASHBOARD } from "./support/system";
import { storedTrace } from "./support/traces";

const WIDTHS = [1440, 1024, 360];
const HEIGHT = 900;
const folder = process.env.LOGMESH_SCREENSHOTS ?? "screenshots";

mkdirSync(folder, { recursive: true });
const browser = await launch();
try {
  const trace = await storedTrace(browser);
  for (const name of PAGE_NAMES) {
    for (const state of STATES) {
      const page = await browser.newPage();
      await arrange(page, state);
      await page.goto(DASHBOARD + pathOf(name, state, trace));
      await settle(page, state);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: HEIGHT });
        for (const colorScheme of THEMES) {
          await page.emulateMedia({ colorScheme });
          await drawn(page);
          await page.screenshot({ path: join(folder, `${name}-${state}-${width}-${colorScheme}.png`) });
        }
      }
      await page.close();
    }
  }
} finally {
  await browser.close();
}

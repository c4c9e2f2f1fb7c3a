/** What opens over a page or beside it, and how: each by the path that leads to it and what a reader then does. */

import type { Page } from "playwright-core";

export interface Opening {
  path: string;
  /** Brings it about, and waits until it is there. */
  open: (page: Page) => Promise<void>;
  /** What is new on the page; left out where the whole page is another one. */
  part?: string;
}

const DIALOG = "dialog[open]";
const STABLE = "resource.service.version = 2.14.0";
const CANARY = "resource.service.version = 2.15.0-rc1";

export const OPENINGS: Record<string, Opening> = {
  "command palette": byKey("/explore", "Control+k", "Commands"),
  "keys help": byKey("/explore", "?", "Keys"),
  "share dialog": byButton("/explore", "Share", "Share"),
  "export dialog": byButton("/explore", "Export", "Export"),
  "columns dialog": byButton("/explore?tab=table&columns=attributes.order_id", "Choose columns", "Columns"),
  "lanes dialog": byButton("/live", "Compare", "Two lanes"),
  "time picker": {
    path: "/explore",
    open: async (page) => {
      await page.keyboard.press("t");
      await page.getByLabel("Time range", { exact: true }).waitFor();
    },
  },
  completions: {
    path: "/explore",
    open: async (page) => {
      await page.getByRole("combobox", { name: "Query" }).fill("service = ");
      await page.getByRole("listbox", { name: "Completions" }).waitFor();
      await page.keyboard.press("ArrowDown");
    },
  },
  "mistake in the query": {
    path: `/explore?q=${encodeURIComponent("sevice = checkout")}`,
    open: (page) => page.getByRole("alert").getByRole("button", { name: "Use service" }).waitFor(),
  },
  "selected and found rows": {
    path: "/explore",
    open: async (page) => {
      await page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]').first().focus();
      await page.keyboard.press("Space");
      await page.keyboard.press("Control+f");
      await page.keyboard.type("user");
      await page.getByRole("table", { name: "Results" }).locator("mark").first().waitFor();
    },
  },
  "record with context": {
    path: `/explore?q=${encodeURIComponent("trace_id:*")}`,
    open: async (page) => {
      await page.getByRole("table", { name: "Results" }).locator('[role="row"][data-index]').nth(3).click();
      await page.keyboard.press("c");
      await page.getByRole("button", { name: "More before" }).waitFor();
    },
  },
  "record of a tail": {
    path: "/live",
    open: async (page) => {
      // A mark of what is missing is a row as well, of fewer cells, and opens nothing: other specs stop processors meanwhile.
      const records = page.getByRole("row").filter({ has: page.getByRole("cell").nth(3) });
      await page.getByRole("group", { name: "Lines" }).locator(records).nth(3).click();
      await page.getByRole("complementary", { name: "Record" }).waitFor();
    },
  },
  "two live lanes": {
    path: `/live?lane=${encodeURIComponent(STABLE)}&other=${encodeURIComponent(CANARY)}`,
    open: async (page) => {
      const lanes = page.getByRole("group", { name: /^Lines of / });
      for (const index of [0, 1]) await lanes.nth(index).getByRole("row").first().waitFor();
    },
  },
};

function byKey(path: string, key: string, name: string): Opening {
  return dialog(path, name, (page) => page.keyboard.press(key));
}

function byButton(path: string, button: string, name: string): Opening {
  return dialog(path, name, (page) => page.getByRole("button", { name: button, exact: true }).click());
}

/** What is behind a dialog is out of reach, so that the dialog alone is looked at. */
function dialog(path: string, name: string, act: (page: Page) => Promise<void>): Opening {
  const open = async (page: Page) => {
    await act(page);
    // axe knows no top layer, and without an order of its own can't tell which background the dialog's text has.
    await page.getByRole("dialog", { name, exact: true }).evaluate((element) => element.style.setProperty("z-index", "1000"));
  };
  return { path, open, part: DIALOG };
}

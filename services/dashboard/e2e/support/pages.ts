/** Every page, and how each of its states is brought about. */

import type { Page } from "playwright-core";

/** A trace that no generator makes: its page is a page without records. */
const UNKNOWN_TRACE = "00000000000000000000000000000001";

export const PAGES = {
  explore: "/explore",
  live: "/live",
  traces: "/traces",
  trace: `/traces/${UNKNOWN_TRACE}`,
  pipeline: "/pipeline",
  settings: "/settings",
} as const;

export type PageName = keyof typeof PAGES;
export const PAGE_NAMES = Object.keys(PAGES) as PageName[];

export const STATES = ["full", "empty", "loading", "error"] as const;
export type State = (typeof STATES)[number];

export const THEMES = ["light", "dark"] as const;

const CALLS = "**/logmesh.v1.*/**";
/** Long enough for the answers of a system at rest; a stream's page never falls silent. */
const SETTLED_MILLIS = 1_200;
/** Two more tries, one second and two seconds after, and only then has a call failed. */
const FAILED_MILLIS = 3_500;

/** The path at which a page is in this state, given `trace`, the id of a trace that is stored. */
export function pathOf(page: PageName, state: State, trace?: string): string {
  if (page === "trace" && trace && state !== "empty") return `/traces/${trace}`;
  return state === "empty" ? `${PAGES[page]}?q=${encodeURIComponent('service = "nobody"')}` : PAGES[page];
}

/** Have every call wait or fail, as this state wants it. Before the page is opened. */
export async function arrange(page: Page, state: State): Promise<void> {
  if (state === "loading") await page.route(CALLS, () => undefined);
  if (state === "error") await page.route(CALLS, (route) => route.abort("connectionrefused"));
}

/** Wait until a page shows what it is going to show in this state. A call is tried again before it counts as failed. */
export async function settle(page: Page, state: State = "full"): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
  if (state === "error") await page.getByRole("link", { name: "gateway away" }).waitFor();
  await page.waitForTimeout(state === "error" ? FAILED_MILLIS : SETTLED_MILLIS);
}

/** Wait until a change of theme or width is on the screen: nothing takes its colours little by little. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );
}

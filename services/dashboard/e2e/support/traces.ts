/** A trace that is stored, asked of the API as any client may. */

import type { Browser } from "playwright-core";
import { DASHBOARD } from "./system";

const PATIENCE_MILLIS = 30_000;

/** The id of the newest record's trace, once there is one. */
export async function storedTrace(browser: Browser): Promise<string> {
  const request = (await browser.newContext()).request;
  const deadline = Date.now() + PATIENCE_MILLIS;
  while (Date.now() < deadline) {
    const answer = await request.get(`${DASHBOARD}/v1/logs`, { params: { filter: "trace_id:*", page_size: 1 } });
    const found = /"trace_id":"([0-9a-f]{32})"/.exec(await answer.text())?.[1];
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("no record of a trace was stored");
}

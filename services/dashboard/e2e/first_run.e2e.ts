/** An empty store: the page says how the first log is sent, and turns green when it has come. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GetSummaryResponseSchema } from "@/gen/logmesh/v1/pipeline_service_pb";
import { SearchEnd, SearchResponseSchema } from "@/gen/logmesh/v1/query_service_pb";
import { answer } from "./support/answers";
import { audit, auditable } from "./support/audit";
import { connect } from "./support/browser";
import { DASHBOARD } from "./support/system";

let browser: Browser;
beforeAll(async () => {
  browser = await connect();
});
afterAll(() => browser.close());

const SEND_TO = { target: "ipv4:127.0.0.11:50052,127.0.0.12:50052", command: "logmesh ship", certificates: "/home/ann/.local/share/logmesh/certificates" };
const DONE = { message: { case: "done" as const, value: { end: SearchEnd.EXHAUSTED } } };

async function emptyStore(page: Page): Promise<void> {
  await answer(page, "GetSummary", GetSummaryResponseSchema, { sendTo: SEND_TO, processors: 2, processorsReady: 2, processorsAnswering: 2, lag: {} });
  await answer(page, "Search", SearchResponseSchema, DONE);
  await page.goto(`${DASHBOARD}/explore`);
  await page.getByText("Waiting for it").waitFor();
}

it("has commands with the system's own addresses, and turns green", async () => {
  const page = await auditable(browser);
  await emptyStore(page);
  const line = page.getByLabel("A line, from a shell", { exact: true });
  expect(await line.innerText()).toBe('echo "hello, Logmesh" | logmesh ship - --service hello');
  expect(await page.getByLabel("grpcurl", { exact: true }).innerText()).toContain("127.0.0.11:50052");
  await audit(page);
  const record = { timeUnixNano: BigInt(Date.now()) * 1_000_000n, body: "hello, Logmesh" };
  await answer(page, "Search", SearchResponseSchema, { message: { case: "rows", value: { records: [record] } } }, DONE);
  await page.getByRole("heading", { name: "The first log has come" }).waitFor();
  await audit(page, [1024]);
  await page.getByRole("button", { name: "Show it" }).click();
  await page.getByRole("table", { name: "Results" }).getByText("hello, Logmesh").waitFor();
  await page.context().close();
});

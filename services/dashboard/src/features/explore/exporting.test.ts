import { afterEach, expect, test, vi } from "vitest";
import { type Export, exportFailure, exportTo, exportUrl, fileName, memorySink } from "./exporting";

const ASKED: Export = { filter: 'a = "b c"', span: { start: 0n, end: 60_000_000_000n }, format: "csv", limit: 10 };

afterEach(() => vi.unstubAllGlobals());

function sink() {
  return { write: vi.fn(async () => {}), close: vi.fn(async () => {}), abort: vi.fn(async () => {}) };
}

test("the address says what is asked, and the name what is in the file", () => {
  const query = new URL(exportUrl(ASKED), "http://logs.test").searchParams;
  expect(query.get("filter")).toBe('a = "b c"');
  expect(query.get("end_time")).toBe("1970-01-01T00:01:00Z");
  expect(fileName(ASKED)).toBe("logs-19700101T000000-19700101T000100.csv");
});

test("a file is closed only when the stream ends well", async () => {
  const good = sink();
  vi.stubGlobal("fetch", async () => new Response("one\ntwo\n"));
  expect(await exportTo(good, ASKED, new AbortController().signal, () => {})).toBe(8);
  expect(good.close).toHaveBeenCalledOnce();

  const broken = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("one")),
    pull: (controller) => controller.error(new TypeError("network error")),
  });
  const bad = sink();
  vi.stubGlobal("fetch", async () => new Response(broken));
  await expect(exportTo(bad, ASKED, new AbortController().signal, () => {})).rejects.toThrow(TypeError);
  expect(bad.close).not.toHaveBeenCalled();
  expect(bad.abort).toHaveBeenCalledOnce();
});

test("the gateway's reason is told, and memory has a bound that is told", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ code: 8, message: "as many exports as may are running" }, { status: 429 }));
  const asked = exportTo(sink(), ASKED, new AbortController().signal, () => {});
  await expect(asked).rejects.toThrow("as many exports as may are running");
  await expect(memorySink("a", "b", 4).write(new Uint8Array(5))).rejects.toThrow("larger than the 4 B");
  expect(exportFailure(new DOMException("", "AbortError"))).toBeNull();
});

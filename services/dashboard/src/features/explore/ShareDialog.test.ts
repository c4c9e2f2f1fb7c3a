import { expect, test } from "vitest";
import { linkWith } from "./ShareDialog";

test("a link keeps the whole address but its range", () => {
  const range = { from: "2026-01-31T12:00:00Z", to: "2026-01-31T12:15:00Z" };
  const link = new URL(linkWith(range, "http://logs.test/explore?q=service+%3D+a&row=1-2&at=2026-01-31T12%3A01%3A00Z&from=now-1h"));
  expect(Object.fromEntries(link.searchParams)).toEqual({ q: "service = a", row: "1-2", at: "2026-01-31T12:01:00Z", ...range });
});

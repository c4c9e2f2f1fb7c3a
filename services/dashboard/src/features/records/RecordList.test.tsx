import { create } from "@bufbuild/protobuf";
import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { RecordList, type RecordListProps } from "./RecordList";

beforeEach(() => {
  // jsdom lays nothing out, and a list without a height draws no row.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(400);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(800);
});

const recordsOf = (...bodies: string[]) => bodies.map((body, index) => create(LogRecordSchema, { id: `${index}`, body, timeUnixNano: 1n }));

function draw(bodies: readonly string[], more: Partial<RecordListProps> = {}) {
  const records = recordsOf(...bodies);
  const rows = { count: records.length, at: (index: number) => records[index] };
  const nothing = () => undefined;
  render(<RecordList label="Results" rows={rows} active={0} onActive={nothing} onOpen={nothing} zone="utc" wrap={false} {...more} />);
  return (index: number) => document.querySelector<HTMLElement>(`[data-index="${index}"]`)!;
}

test("a click that ends a mark over text opens nothing", () => {
  const onOpen = vi.fn();
  const row = draw(["some words"], { onOpen });
  document.getSelection()!.selectAllChildren(row(0));
  fireEvent.click(row(0));
  expect(onOpen).not.toHaveBeenCalled();
  document.getSelection()!.removeAllRanges();
  fireEvent.click(row(0));
  expect(onOpen).toHaveBeenCalledWith(0);
});

test("a record that breaks its row leaves the others", () => {
  vi.spyOn(console, "error").mockReturnValue(undefined);
  const value = ({ body }: { body: string }) => {
    if (body === "bad") throw new Error("this record is bad");
    return body.toUpperCase();
  };
  const row = draw(["good", "bad", "fine"], { columns: [{ name: "loud", value }] });
  expect(row(1).textContent).toBe("This record can't be shown: 1");
  expect([row(0).textContent, row(2).textContent]).toEqual([expect.stringContaining("GOOD"), expect.stringContaining("FINE")]);
});

test("JSON shows its message and the rest as chips, and a terminal's colours are no noise", () => {
  const row = draw(['{"time":"2026-11-30T10:00:00Z","level":"info","msg":"paid","order":42}', "\u001b[32mgreen\u001b[0m \u001b[2Kline"]);
  expect(row(0).lastElementChild!.textContent).toBe("paidorder=42");
  expect(row(1).lastElementChild!.textContent).toBe("green line");
});

test("lines that wrap keep their own ends", () => {
  const row = draw(["Traceback:\n  File x\n  File y"], { wrap: true });
  expect(row(0).lastElementChild!.textContent).toBe("Traceback:\n  File x\n  File y");
  expect(row(0).lastElementChild!.className).toContain("whitespace-pre-wrap");
});

test("one row holds the tab stop, and the keys move it and open it", () => {
  const records = ["a", "b", "c"].map((id) => create(LogRecordSchema, { id, body: `line ${id}`, timeUnixNano: 1n }));
  const onActive = vi.fn();
  const onOpen = vi.fn();
  render(
    <RecordList
      label="Results"
      rows={{ count: records.length, at: (index) => records[index] }}
      active={1}
      onActive={onActive}
      onOpen={onOpen}
      zone="utc"
      wrap={false}
    />,
  );
  expect(screen.getByRole("table", { name: "Results" }).getAttribute("aria-rowcount")).toBe("3");
  const row = document.querySelector<HTMLElement>('[role="row"][tabindex="0"]')!;
  expect(row.getAttribute("aria-rowindex")).toBe("2");
  expect(document.querySelectorAll('[role="row"][tabindex="0"]')).toHaveLength(1);
  fireEvent.keyDown(row, { key: "j" });
  expect(onActive).toHaveBeenLastCalledWith(2);
  fireEvent.keyDown(row, { key: "Enter" });
  expect(onOpen).toHaveBeenLastCalledWith(1);
});

import { create } from "@bufbuild/protobuf";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { RecordList } from "./RecordList";

test("one row holds the tab stop, and the keys move it and open it", () => {
  // jsdom lays nothing out, and a list without a height draws no row.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(400);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(800);
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

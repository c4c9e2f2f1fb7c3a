import { create } from "@bufbuild/protobuf";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { LogRecordSchema } from "@/gen/logmesh/v1/record_pb";
import { attributesOf } from "@/lib/testing";
import { RecordPanel } from "./RecordPanel";

test("JSON opens laid out, and as it came on demand", () => {
  const body = '{"msg":"paid","id":9007199254740993,"stack":"a\\nb"}';
  render(<RecordPanel record={create(LogRecordSchema, { body })} zone="utc" onClose={() => {}} onCopy={() => {}} />);
  const message = screen.getByRole("group", { name: "Message" });
  const lines = () => [...message.querySelectorAll(":scope > span > span")].map((line) => line.textContent);
  expect(lines()).toEqual(["{", '  "msg": "paid",', '  "id": 9007199254740993,', '  "stack": "a', '    b"', "}"]);
  fireEvent.click(screen.getByRole("button", { name: "As it came" }));
  expect(message.textContent).toBe(body);
});

test("a long message is whole, its control characters are seen, and a field is named by its path", () => {
  const record = create(LogRecordSchema, { body: `a\u0000${"x".repeat(200_000)}`, attributes: attributesOf({ http: { status: 500 } }) });
  const onExclude = vi.fn();
  const onCopy = vi.fn();
  render(<RecordPanel record={record} zone="utc" onClose={() => {}} onCopy={onCopy} onExclude={onExclude} />);
  expect(screen.getByRole("group", { name: "Message" }).textContent).toBe(`a␀${"x".repeat(200_000)}`);
  fireEvent.click(screen.getByRole("button", { name: "Exclude attributes.http.status" }));
  expect(onExclude.mock.calls[0]?.[0].path).toEqual(["attributes", "http", "status"]);
  fireEvent.click(screen.getByRole("button", { name: "Copy the message" }));
  expect(onCopy).toHaveBeenCalledWith(record.body);
});

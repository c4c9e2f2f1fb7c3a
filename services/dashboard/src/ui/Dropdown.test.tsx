import { fireEvent, render, screen } from "@testing-library/react";
import { useRef, useState } from "react";
import { expect, test } from "vitest";
import { Dropdown } from "./Dropdown";

function Page() {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button ref={button} onClick={() => setOpen(!open)}>
        Open
      </button>
      {open && (
        <Dropdown label="Choices" button={button} onClose={() => setOpen(false)}>
          <button>First</button>
        </Dropdown>
      )}
      <button>Elsewhere</button>
    </>
  );
}

test("it takes the focus, gives it back on Escape, and closes when the reader goes elsewhere", () => {
  render(<Page />);
  fireEvent.click(screen.getByText("Open"));
  expect(document.activeElement?.textContent).toBe("First");
  fireEvent.keyDown(screen.getByText("First"), { key: "Escape" });
  expect(screen.queryByText("First")).toBeNull();
  expect(document.activeElement?.textContent).toBe("Open");
  fireEvent.click(screen.getByText("Open"));
  fireEvent.pointerDown(screen.getByText("Elsewhere"));
  expect(screen.queryByText("First")).toBeNull();
});

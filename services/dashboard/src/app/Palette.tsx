/** The command palette: type a few letters, choose with the arrows, Enter. */

import { useId, useState } from "react";
import { Dialog } from "@/ui/Dialog";
import { cx } from "@/ui/cx";
import { useOffered } from "./commands";

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = useOffered().filter((command) => words.every((word) => command.name.toLowerCase().includes(word)));
  const at = Math.min(chosen, found.length - 1);

  const run = (index: number) => {
    onClose();
    found[index]?.run();
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown") setChosen(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(at - 1, 0));
    else if (event.key === "Enter") run(at);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog label="Commands" onClose={onClose} className="mt-[12vh]">
      <input
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found.length ? `${list}-${at}` : undefined}
        aria-label="Command"
        placeholder="What do you want to do?"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={pressed}
        className="w-full border-b border-line bg-transparent px-4 py-3 outline-none"
      />
      <div id={list} role="listbox" aria-label="Commands" className="max-h-80 overflow-auto p-1.5">
        {found.map((command, index) => (
          // The text field above has the keyboard; rows are for the pointer.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={command.name}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onClick={() => run(index)}
            onMouseMove={() => setChosen(index)}
            className={cx("flex justify-between rounded-md px-3 py-1.5", index === at && "bg-accent-wash text-accent")}
          >
            {command.name}
            {command.keys && <kbd className="font-mono text-xs text-muted">{command.keys}</kbd>}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="px-4 pb-3 text-sm text-muted">No command has these words.</p>}
    </Dialog>
  );
}

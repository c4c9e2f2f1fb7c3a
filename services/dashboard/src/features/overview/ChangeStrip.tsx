/** Changes as buttons: a toolbar with one tab stop, which `w` leads to and the arrows move. */

import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useKeys } from "@/app/keys";

export interface Change {
  /** Unique. */
  key: string;
  /** All of it, when pointed at. */
  title: string;
  /** What it shows; its texts with spaces between, as they are read aloud. */
  face: ReactNode;
  /** The filter that it leads to. */
  filter: string;
}

export function ChangeStrip({ changes, onChoose }: { changes: readonly Change[]; onChoose: (change: Change) => void }) {
  const bar = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState(0);
  const at = Math.min(stop, changes.length - 1);
  const focus = (index: number) => {
    const within = Math.min(Math.max(index, 0), changes.length - 1);
    setStop(within);
    bar.current?.querySelectorAll("button")[within]?.focus();
  };
  useKeys({ w: () => focus(at) });
  const pressed = (event: KeyboardEvent) => {
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: changes.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    focus(next);
  };
  return (
    <div
      ref={bar}
      role="toolbar"
      aria-label="What changed"
      className="flex min-w-0 gap-1.5 overflow-x-auto py-1 whitespace-nowrap"
    >
      {changes.map((change, index) => (
        <button
          key={change.key}
          type="button"
          tabIndex={index === at ? 0 : -1}
          title={change.title}
          onKeyDown={pressed}
          onFocus={() => setStop(index)}
          onClick={() => onChoose(change)}
          className="flex h-7 shrink-0 items-center gap-1.5 rounded-md border border-line px-2 outline-offset-[-2px] hover:bg-sunken"
        >
          {change.face}
        </button>
      ))}
    </div>
  );
}

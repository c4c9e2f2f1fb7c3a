/** Keys of one stroke. They rest while the reader types, and while a dialog is open. */

import { useEffect, useRef } from "react";

/** Every key and what it does, as `?` shows them. A page binds those that mean something on it. */
export const KEYS: readonly (readonly [key: string, meaning: string])[] = [
  ["/", "Write a query"],
  ["t", "Choose the time range"],
  ["r", "Look again"],
  ["j", "Next row"],
  ["k", "Row before"],
  ["Enter", "Open the row"],
  ["Space", "Select the row, or give it up"],
  ["Escape", "Close what is open"],
  ["c", "Context of the row"],
  ["f", "Follow its trace"],
  ["x", "Exclude what is selected"],
  ["l", "Go live, or back"],
  [".", "Pause or go on"],
  ["w", "What changed"],
  ["?", "These keys"],
  ["Ctrl F", "Find in the rows that are loaded"],
  ["Ctrl K", "Commands"],
];

export type Bindings = Partial<Record<string, (event: KeyboardEvent) => void>>;

/** Bind keys while the component is there. A handler is looked up at each stroke, so it may close over fresh state. */
export function useKeys(bindings: Bindings): void {
  const latest = useRef(bindings);
  useEffect(() => {
    latest.current = bindings;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "Enter" && isOperated(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const handler = latest.current[event.key];
      if (!handler) return;
      event.preventDefault();
      handler(event);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Enter belongs to the button or the link that has the focus. */
function isOperated(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, a[href], summary, [role=slider]") !== null;
}

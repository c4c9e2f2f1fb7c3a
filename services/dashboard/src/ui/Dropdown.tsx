/**
 * A panel below its button. It takes the focus as it opens; Escape, a click elsewhere and moving the focus away close it, and
 * Escape gives the focus back to the button. The button and the panel's parent are the caller's, who places it by class names.
 */

import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef } from "react";
import { cx } from "./cx";

export interface DropdownProps {
  label: string;
  /** What opens it; a press on it is the caller's own. */
  button: RefObject<HTMLElement | null>;
  onClose: () => void;
  className?: string;
  children: ReactNode;
}

export function Dropdown({ label, button, onClose, className, children }: DropdownProps) {
  const panel = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    panel.current?.querySelector<HTMLElement>("button, input, select, a")?.focus();
    const leftFor = (event: Event) => {
      const target = event.target instanceof Node ? event.target : null;
      if (!panel.current?.contains(target) && !button.current?.contains(target)) close.current();
    };
    document.addEventListener("pointerdown", leftFor);
    document.addEventListener("focusin", leftFor);
    return () => {
      document.removeEventListener("pointerdown", leftFor);
      document.removeEventListener("focusin", leftFor);
    };
  }, [button]);
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    onClose();
    button.current?.focus();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape within any of its parts closes it.
    <div
      ref={panel}
      role="group"
      aria-label={label}
      onKeyDown={pressed}
      className={cx("absolute top-full z-40 mt-1 rounded-lg border border-line bg-raised shadow-lg", className)}
    >
      {children}
    </div>
  );
}

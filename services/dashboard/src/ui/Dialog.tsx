import { type ReactNode, useEffect, useRef } from "react";
import { cx } from "./cx";

export interface DialogProps {
  label: string;
  onClose: () => void;
  className?: string;
  children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus inside, gives it back, and Escape closes it. Open while it is mounted. */
export function Dialog({ label, onClose, className, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // A click beside the dialog lands on its backdrop, which is the dialog element itself; the keyboard's way out is Escape.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-label={label}
      onCancel={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      className={cx(
        "m-auto max-h-[80vh] w-full max-w-xl overflow-hidden rounded-xl border border-line bg-raised text-ink shadow-2xl backdrop:bg-shade",
        className,
      )}
    >
      {children}
    </dialog>
  );
}

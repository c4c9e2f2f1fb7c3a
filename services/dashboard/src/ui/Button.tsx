import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

const LOOKS = {
  plain: "border border-line bg-surface hover:bg-sunken",
  primary: "bg-accent text-on-accent hover:opacity-90",
  quiet: "hover:bg-sunken",
};

export interface ButtonProps extends ComponentProps<"button"> {
  look?: keyof typeof LOOKS;
}

/** A button with words. */
export function Button({ look = "plain", className, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={cx(
        "inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 text-sm whitespace-nowrap disabled:opacity-50",
        LOOKS[look],
        className,
      )}
      {...rest}
    />
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children"> {
  /** What it does, for those who can't see the icon, and when pointed at. */
  label: string;
  children: ReactNode;
}

/** A square button with an icon alone. */
export function IconButton({ label, look = "quiet", className, children, ...rest }: IconButtonProps) {
  return (
    <Button look={look} aria-label={label} title={label} className={cx("w-8 justify-center px-0", className)} {...rest}>
      {children}
    </Button>
  );
}

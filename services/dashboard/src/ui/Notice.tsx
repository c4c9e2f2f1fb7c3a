import type { ReactNode } from "react";
import { cx } from "./cx";

const KINDS = {
  plain: "border-line bg-surface",
  caution: "border-caution bg-caution-wash",
  bad: "border-bad bg-bad-wash",
  good: "border-good bg-good-wash",
};

export interface NoticeProps {
  title: string;
  kind?: keyof typeof KINDS;
  /** Before the title; hidden from those who can't see it. */
  icon?: ReactNode;
  className?: string;
  children?: ReactNode;
}

/** A state of a page in words: nothing here, denied, away. What to do comes as children. */
export function Notice({ title, kind = "plain", icon, className, children }: NoticeProps) {
  return (
    <section className={cx("m-4 rounded-lg border p-4 text-sm", KINDS[kind], className ?? "max-w-2xl")}>
      <h2 className={cx("flex items-center gap-2 text-base font-semibold", kind === "good" && "text-good")}>
        {icon}
        {title}
      </h2>
      {children && <div className="mt-2 space-y-2 text-muted">{children}</div>}
    </section>
  );
}

import type { ReactNode } from "react";
import { cx } from "./cx";

const KINDS = {
  plain: "border-line",
  caution: "border-caution bg-caution-wash",
  bad: "border-bad bg-bad-wash",
};

export interface NoticeProps {
  title: string;
  kind?: keyof typeof KINDS;
  children?: ReactNode;
}

/** A state of a page in words: nothing here, denied, away. What to do comes as children. */
export function Notice({ title, kind = "plain", children }: NoticeProps) {
  return (
    <section className={cx("m-4 max-w-2xl rounded-lg border bg-surface p-4 text-sm", KINDS[kind])}>
      <h2 className="text-base font-semibold">{title}</h2>
      {children && <div className="mt-2 space-y-2 text-muted">{children}</div>}
    </section>
  );
}

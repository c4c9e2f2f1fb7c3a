/** What a row of a list shows of a body: its line or, of JSON, its message and the rest as chips. */

import type { ReactNode } from "react";
import { listCut, manyLines, oneLine } from "@/lib/text";
import { Marked } from "@/ui/Marked";
import { cx } from "@/ui/cx";
import { faceOf } from "./face";

interface LineProps {
  body: string;
  /** A text to mark in it. */
  find?: string;
  /** Whether it may have as many lines as the body has. */
  wrap?: boolean;
}

export function Line({ body, find = "", wrap = false }: LineProps): ReactNode {
  const face = faceOf(body);
  const shown = wrap ? manyLines : oneLine;
  if (!face) return <Marked text={shown(listCut(body))} word={find} />;
  return (
    <>
      {face.before.trim() && (
        <span className="text-muted">
          <Marked text={oneLine(face.before)} word={find} />{" "}
        </span>
      )}
      {face.message && <Marked text={shown(face.message)} word={find} />}
      {face.chips.map(({ name, value }, index) => (
        <span key={name} className={cx("rounded border border-line px-1 text-muted", (index > 0 || face.message) && "ml-2")}>
          <Marked text={oneLine(name)} word={find} />=
          <span className="text-ink">
            <Marked text={oneLine(value)} word={find} />
          </span>
        </span>
      ))}
    </>
  );
}

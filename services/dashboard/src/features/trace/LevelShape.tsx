import type { Level } from "@/lib/levels";

/** One path a level within 12 by 12: the more severe, the more corners and ink, so that none depends on its colour. */
const SHAPES: Record<Level["name"], { path: string; hollow?: boolean }> = {
  FATAL: { path: "M6 0.5 L11.5 6 L6 11.5 L0.5 6 Z" },
  ERROR: { path: "M1.5 1.5 H10.5 V10.5 H1.5 Z" },
  WARN: { path: "M6 1 L11.5 10.5 H0.5 Z" },
  INFO: { path: "M6 2 A4 4 0 1 1 5.99 2 Z" },
  DEBUG: { path: "M6 2.5 A3.5 3.5 0 1 1 5.99 2.5 Z", hollow: true },
  TRACE: { path: "M6 4 A2 2 0 1 1 5.99 4 Z", hollow: true },
  NONE: { path: "M2.5 6 H9.5", hollow: true },
};

const COLOURS: Record<Level["name"], string> = {
  FATAL: "text-fatal",
  ERROR: "text-error",
  WARN: "text-warn",
  INFO: "text-info",
  DEBUG: "text-debug",
  TRACE: "text-trace",
  NONE: "text-none",
};

/** The mark of a level on an axis: a shape of its colour. Its name stands beside it or in what holds it. */
export function LevelShape({ level }: { level: Level }) {
  const { path, hollow } = SHAPES[level.name];
  return (
    <svg aria-hidden viewBox="0 0 12 12" className={`h-3 w-3 ${COLOURS[level.name]}`}>
      <path
        d={path}
        fill={hollow ? "var(--surface)" : "currentColor"}
        stroke={hollow ? "currentColor" : "var(--surface)"}
        strokeWidth={hollow ? 1.5 : 1}
      />
    </svg>
  );
}

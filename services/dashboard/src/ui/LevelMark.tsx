import type { Level } from "@/lib/levels";
import { cx } from "./cx";

const COLOURS: Record<string, string> = {
  fatal: "text-fatal border-fatal",
  error: "text-error border-error",
  warn: "text-warn border-warn",
  info: "text-info border-info",
  debug: "text-debug border-debug",
  trace: "text-trace border-trace",
  none: "text-none border-none",
};

/** A level as a letter in a box of its colour; its name is read aloud and shown when pointed at. */
export function LevelMark({ level }: { level: Level }) {
  const name = level.name === "NONE" ? "no level" : level.name;
  return (
    <span
      role="img"
      aria-label={name}
      title={name}
      className={cx(
        "inline-flex h-4 w-4 shrink-0 items-center justify-center rounded-sm border text-[10px] leading-none font-bold",
        COLOURS[level.colour],
        (level.name === "FATAL" || level.name === "ERROR") && "bg-bad-wash",
      )}
    >
      {level.letter}
    </span>
  );
}

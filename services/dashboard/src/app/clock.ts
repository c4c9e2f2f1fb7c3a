/** What a page says and does about a browser's clock that differs from the server's. */

import { useSyncExternalStore } from "react";
import { onSkew, skewMillis } from "@/lib/clock";
import { formatDuration } from "@/lib/format";

/** From this on it is worth a word; times in a list are read to the second. */
const SAID_MILLIS = 5_000;

/** `clock 3 min ahead`, of this browser's clock; null while it is right. */
export function skewText(aheadMillis: number): string | null {
  if (Math.abs(aheadMillis) < SAID_MILLIS) return null;
  return `clock ${formatDuration(Math.abs(aheadMillis) / 1000)} ${aheadMillis < 0 ? "ahead" : "behind"}`;
}

export function useSkewText(): string | null {
  return skewText(useSyncExternalStore(onSkew, skewMillis));
}

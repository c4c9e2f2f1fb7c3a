/** The bucket cursor of the histogram: which buckets its keys lead to and mark. */

export interface BucketCursor {
  /** Where Shift began; the same as `at` when only one bucket is marked. */
  readonly anchor: number;
  readonly at: number;
}

const LEAP = 10;

/** The cursor after a key, or null when the key means nothing here. With Shift the mark grows or shrinks. */
export function cursorAfterKey(cursor: BucketCursor | null, key: string, shift: boolean, count: number): BucketCursor | null {
  if (count === 0) return null;
  const at = cursor?.at ?? count;
  const next = leadsTo(key, at, count);
  if (next === null) return null;
  const within = Math.min(Math.max(next, 0), count - 1);
  return { anchor: shift && cursor ? cursor.anchor : within, at: within };
}

function leadsTo(key: string, at: number, count: number): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return at - 1;
    case "ArrowRight":
    case "ArrowUp":
      return at + 1;
    case "PageUp":
      return at - LEAP;
    case "PageDown":
      return at + LEAP;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

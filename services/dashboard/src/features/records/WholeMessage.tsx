/** A whole body, however long, in pieces that the browser lays out only when they are in sight. */

import { visible } from "@/lib/text";

const PIECE_CHARACTERS = 8_192;

export interface Piece {
  /** Its first character's place in the body. */
  readonly start: number;
  readonly text: string;
}

/** `body` in pieces of at most `length` characters, 2 or more; no surrogate pair is parted. */
export function piecesOf(body: string, length = PIECE_CHARACTERS): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < body.length; ) {
    let end = Math.min(start + length, body.length);
    if (end < body.length && /[\uD800-\uDBFF]/.test(body.charAt(end - 1))) end -= 1;
    pieces.push({ start, text: body.slice(start, end) });
    start = end;
  }
  return pieces;
}

export function WholeMessage({ body }: { body: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be reached by keyboard.
    <div role="group" aria-label="Message" tabIndex={0} className="max-h-96 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs">
      {piecesOf(body).map(({ start, text }) => (
        <span
          key={start}
          className="block break-all whitespace-pre-wrap [contain-intrinsic-size:auto_1000px] [content-visibility:auto]"
        >
          {visible(text)}
        </span>
      ))}
    </div>
  );
}

/** A whole body, laid out for reading or as it came, in pieces that the browser lays out only when they are in sight. */

import { type ReactNode, useMemo, useState } from "react";
import { withControls } from "@/lib/text";
import { Button } from "@/ui/Button";
import { type Line, prettyOf } from "./pretty";

const PIECE_CHARACTERS = 8_192;
const PIECE_LINES = 100;
const PIECE = "block [overflow-wrap:anywhere] whitespace-pre-wrap [contain-intrinsic-size:auto_1000px] [content-visibility:auto]";

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
  const pretty = useMemo(() => prettyOf(body), [body]);
  const [isRaw, setRaw] = useState(false);
  return (
    <>
      {pretty && (
        <div role="group" aria-label="How the message is shown" className="flex gap-1">
          <Choice name="Laid out" chosen={!isRaw} onChoose={() => setRaw(false)} />
          <Choice name="As it came" chosen={isRaw} onChoose={() => setRaw(true)} />
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be reached by keyboard. */}
      <div role="group" aria-label="Message" tabIndex={0} className="max-h-96 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs">
        {pretty && !isRaw ? <Laid lines={pretty} /> : piecesOf(body).map(({ start, text }) => (
          <span key={start} className={PIECE}>
            {withControls(text)}
          </span>
        ))}
      </div>
    </>
  );
}

function Choice({ name, chosen, onChoose }: { name: string; chosen: boolean; onChoose: () => void }) {
  return (
    <Button look="quiet" aria-pressed={chosen} onClick={onChoose} className={chosen ? "h-6 bg-accent-wash text-xs text-accent" : "h-6 text-xs text-muted"}>
      {name}
    </Button>
  );
}

// Lines and stretches have no identity but their place, and never move.
/* oxlint-disable react/no-array-index-key */
function Laid({ lines }: { lines: readonly Line[] }): ReactNode {
  return Array.from({ length: Math.ceil(lines.length / PIECE_LINES) }, (_, piece) => (
    <span key={piece} className={PIECE}>
      {lines.slice(piece * PIECE_LINES, (piece + 1) * PIECE_LINES).map((line, index) => (
        <span key={index} className="block min-h-4">
          {line.map(({ text, look }, at) => (
            <span key={at} className={look || undefined}>
              {text}
            </span>
          ))}
        </span>
      ))}
    </span>
  ));
}

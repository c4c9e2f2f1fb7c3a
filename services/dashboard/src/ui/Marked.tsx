/** Text with each place of a word marked, whatever the case. */

import { Fragment, type ReactNode } from "react";

/** The pieces of `text`: those at odd places are the word. An empty word is found nowhere. */
export function parted(text: string, word: string): string[] {
  if (!word) return [text];
  const pieces: string[] = [];
  // Lower case may be longer than the text, as with İ; then places would differ, and nothing is marked.
  const lower = text.toLowerCase();
  const sought = word.toLowerCase();
  if (lower.length !== text.length) return [text];
  let start = 0;
  for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, start)) {
    pieces.push(text.slice(start, at), text.slice(at, at + sought.length));
    start = at + sought.length;
  }
  return [...pieces, text.slice(start)];
}

export function Marked({ text, word }: { text: string; word: string }): ReactNode {
  if (!word) return text;
  return parted(text, word).map((piece, index) =>
    // Pieces have no name but their place, and never move on their own.
    // oxlint-disable-next-line react/no-array-index-key
    index % 2 ? <mark key={index}>{piece}</mark> : <Fragment key={index}>{piece}</Fragment>,
  );
}

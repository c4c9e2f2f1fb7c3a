/** A text with what was looked for marked in it. */

import { Fragment } from "react";

export function Found({ text, find }: { text: string; find: string }) {
  const parts = find === "" ? [text] : partsOf(text, find);
  return parts.map((part, index) => (
    // Parts have no identity but their place.
    // oxlint-disable-next-line react/no-array-index-key
    <Fragment key={index}>{index % 2 === 1 ? <mark>{part}</mark> : part}</Fragment>
  ));
}

/** The text cut around the finds, in capitals or not: every second part is one. */
export function partsOf(text: string, find: string): string[] {
  const literal = find.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return text.split(new RegExp(`(${literal})`, "i"));
}

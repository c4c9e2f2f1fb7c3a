/** Putting a completion into a filter's text. The gateway counts in bytes of UTF-8, the browser in UTF-16. */

import { CompletionKind, type Completion } from "@/gen/logmesh/v1/query_service_pb";

export interface Edited {
  text: string;
  /** Where the caret stands then, in UTF-16. */
  caret: number;
}

/** How many UTF-16 units the first `bytes` bytes of `text` are. */
export function unitsOfBytes(text: string, bytes: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, bytes)).length;
}

/** The text with the completion in place of what stands between `replaceFrom` and the caret, and the caret after it. */
export function completed(text: string, caret: number, completion: Completion): Edited {
  const head = text.slice(0, unitsOfBytes(text, completion.replaceFrom));
  const tail = text.slice(caret);
  const goesOn = completion.kind === CompletionKind.FIELD && completion.text.endsWith(".");
  const space = goesOn || tail.startsWith(" ") ? "" : " ";
  const before = `${head}${completion.text}${space}`;
  return { text: before + tail, caret: before.length };
}

/** The word at character `position` (code points) of a filter replaced by what was meant. */
export function corrected(filter: string, position: number, suggestion: string): string {
  const start = unitsOfCharacters(filter, position);
  const word = /^[^\s()=!<>:]*/.exec(filter.slice(start))?.[0] ?? "";
  return filter.slice(0, start) + suggestion + filter.slice(start + word.length);
}

/** How many UTF-16 units the first `characters` code points of `text` are. */
export function unitsOfCharacters(text: string, characters: number): number {
  return [...text].slice(0, characters).join("").length;
}

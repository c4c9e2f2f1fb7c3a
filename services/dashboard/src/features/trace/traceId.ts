/** Trace ids as people paste them: alone, in a traceparent header, or somewhere in a line of a log. */

// Between other digits it would be a piece of something longer.
const ID = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/gi;
const NONE = "0".repeat(32);

/** The first trace id in the text, in lower case, or null. 32 zeros are W3C's "no trace". */
export function traceIdIn(text: string): string | null {
  return text.match(ID)?.map((id) => id.toLowerCase()).find((id) => id !== NONE) ?? null;
}

/** Why a text without a trace id has none, as a sentence for who typed it. */
export function whyNoTraceId(text: string): string {
  const typed = text.trim();
  if (typed === "") return "Paste a trace id: 32 hexadecimal digits.";
  if (typed.includes(NONE)) return "32 zeros stand for no trace.";
  if (/^[0-9a-f]+$/i.test(typed)) return `A trace id has 32 hexadecimal digits; this has ${typed.length}.`;
  return "There is no trace id in this text: 32 hexadecimal digits in a row.";
}

/**
 * The server's clock, as the Date of its answers tells it. A browser's own may be minutes off, and "the last 15 minutes" would then
 * be some other minutes. (The worker has this module, too: no React in here.)
 */

/** A Date has whole seconds. */
const DATE_MILLIS = 1_000;
/** What is less is left alone: a Date can't tell it for sure, and nobody misses it. */
const NOTABLE_MILLIS = 2_000;

/** How far the server's clock may be ahead of the browser's, in milliseconds. */
interface Bounds {
  readonly low: number;
  readonly high: number;
}

let bounds: Bounds | null = null;
let ahead = 0;
const listeners = new Set<() => void>();

/** Bounds by one more answer: those before, as far as it fits them; else one of the clocks was set, and it counts alone. */
export function boundsAfter(before: Bounds | null, dateMillis: number, sentMillis: number, receivedMillis: number): Bounds {
  const [low, high] = [dateMillis - receivedMillis, dateMillis + DATE_MILLIS - sentMillis];
  const both = before ? { low: Math.max(low, before.low), high: Math.min(high, before.high) } : { low, high };
  return both.low <= both.high ? both : { low, high };
}

/** An answer came with this Date header; moments by the browser's clock. */
export function observe(date: string | null, sentMillis: number, receivedMillis: number): void {
  const dateMillis = Date.parse(date ?? "");
  if (Number.isNaN(dateMillis)) return;
  bounds = boundsAfter(bounds, dateMillis, sentMillis, receivedMillis);
  const middle = (bounds.low + bounds.high) / 2;
  const isRight = bounds.low <= NOTABLE_MILLIS && bounds.high >= -NOTABLE_MILLIS;
  const next = isRight ? 0 : Math.round(middle);
  if (next === ahead || (next !== 0 && Math.abs(next - ahead) < NOTABLE_MILLIS)) return;
  ahead = next;
  for (const listener of listeners) listener();
}

/** By how much the server's clock is ahead of the browser's, in milliseconds; 0 where they agree or nothing is known yet. */
export function skewMillis(): number {
  return ahead;
}

/** Be told when that changes. */
export function onSkew(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Milliseconds since 1970 by the server's clock. */
export function nowMillis(): number {
  return Date.now() + ahead;
}

import { createStore, useStore } from "@/lib/store";

const said = createStore("");
const QUIET_MILLIS = 10_000;
let last = Number.NEGATIVE_INFINITY;

/** Say something to those who listen to the page, at most every 10 seconds; what comes sooner is dropped. */
export function announce(sentence: string, now = performance.now()): void {
  if (now - last < QUIET_MILLIS || sentence === said.get()) return;
  last = now;
  said.set(sentence);
}

/** The page's one live region. */
export function Announcer() {
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {useStore(said)}
    </div>
  );
}

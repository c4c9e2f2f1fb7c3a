/** One filter's tail in memory: lines, counters, rates and patterns. Times are arguments, in milliseconds since 1970. */

import { LIST_CHARACTERS } from "@/lib/text";
import type { Resumed } from "./connection";
import { FIRST_KEY, firstMark, nanos, newMark } from "./marks";
import { type Content, type Counters, type Entry, entryOf, readContent, readHead, readId, readMillis, type TailMessage } from "./message";
import { BODY_CHARACTERS, Patterns } from "./patterns";
import type { Figures, Mark, MarkKind, Restored, Row, View, Window } from "./protocol";
import { RateCounter } from "./rates";
import { Ring, type Weighed } from "./ring";

export const MAX_LINES = 100_000;
export const MAX_BYTES = 64_000_000;
/** What a line weighs beside its bytes. */
const LINE_OVERHEAD_BYTES = 120;
/** Lines above the reader's window that stay while the page is paused. */
const KEPT_ABOVE = 5_000;
/** How long after a reconnection a record may come a second time. */
const SEAM_MILLIS = 60_000;
const PATTERNS_SHOWN = 8;
/** Lines a second that patterns are made of at most. */
const SAMPLES_A_SECOND = 2_000;

type Line = Entry | Mark;

export class Lane {
  readonly patterns = new Patterns();
  readonly #ring: Ring<Line>;
  readonly #rates = new RateCounter();
  #counters: Counters = { received: 0, sent: 0, dropped: 0 };
  /** Counters of the connections before this one. */
  #before: Counters = { received: 0, sent: 0, dropped: 0 };
  #skipped: Mark | null = null;
  #seam: { ids: Set<string>; untilMillis: number } | null = null;
  #repeated = 0;
  #lagMillis: number | null = null;
  #lastKey = FIRST_KEY;
  #thisSecond = { second: 0, arrivals: 0 };
  #stride = 1;
  /** What the last view was made of. */
  #shown = "";
  #restored = 0;

  constructor(
    startMillis: number,
    maxLines = MAX_LINES,
    maxBytes = MAX_BYTES,
  ) {
    this.#ring = new Ring(maxLines, maxBytes);
    this.#push(firstMark(startMillis), startMillis);
  }

  /** Take a message of the tail. */
  take(message: TailMessage, nowMillis: number): void {
    if (message.counters) this.#counters = message.counters;
    if (message.missing?.reason === "replaced") this.#seam = null; // the same ids are other lines from here on
    if (message.missing) this.#pushMark(message.missing.reason, message.missing, nowMillis);
    for (const entry of message.entries) {
      // One that can't be read has a row all the same, and takes no other with it.
      if (attempt(() => this.#isRepeated(entry, nowMillis), false)) continue;
      this.#rates.add(entry.severity, message.backlog ? millisOf(entry, nowMillis) : nowMillis, nowMillis);
      attempt(() => this.#sample(entry, nowMillis), undefined);
      this.#push(entry, nowMillis);
    }
    const newest = message.entries.at(-1);
    if (newest && !message.backlog) this.#lagMillis = Math.max(0, nowMillis - millisOf(newest, nowMillis));
  }

  /** The connection broke and is there again; that it rested and nothing is missing is worth no row. */
  resume({ brokenMillis, whole, rested }: Resumed, nowMillis: number): void {
    this.#before = this.#totals();
    this.#counters = { received: 0, sent: 0, dropped: 0 };
    this.#seam = { ids: this.#ids(), untilMillis: nowMillis + SEAM_MILLIS };
    const span = { startUnixNano: nanos(brokenMillis), endUnixNano: nanos(nowMillis) };
    if (!whole || !rested) this.#pushMark(whole ? "reconnected" : "lost", span, nowMillis);
  }

  /** The rows of a window, or null for them when they are those of the view before. */
  view({ from, count }: Window): View {
    this.#pin(from);
    const { first, end } = this.#ring;
    const start = Math.max(first, from ?? end - count);
    const stop = Math.min(end, start + count);
    const shown = `${start} ${stop} ${this.#restored}`;
    const isSame = shown === this.#shown;
    this.#shown = shown;
    return { first, end, skipped: this.#skipped?.dropped ?? 0, rows: isSame ? null : this.#rows(start, stop) };
  }

  /** A record as it came, or null when it has left. */
  record(seq: number): Uint8Array | null {
    const line = this.#ring.get(seq);
    return line && "bytes" in line ? line.bytes.slice(line.start, line.end) : null;
  }

  /**
   * Put records from the store into the place of a mark. Those that are here already are left out, and so is what the tail says
   * of them later. The mark stays where more is to come.
   */
  restore({ key, records, nextPageToken }: Restored, nowMillis: number): void {
    const found = [...this.#ring.entries()].find(([, line]) => "key" in line && line.key === key);
    if (!found) return;
    const [seq, mark] = found as [number, Mark];
    const ids = this.#ids();
    const added = records.map(entryOf).filter((entry) => !ids.has(readId(entry)));
    const dropped = Math.max(0, mark.dropped - added.length);
    const isDone = !nextPageToken && dropped === 0 && (added.length > 0 || mark.kind === "earlier");
    const rest: Line[] = isDone ? [] : [{ ...mark, dropped, pageToken: nextPageToken, tried: !nextPageToken }];
    this.#ring.replace(seq, [...rest, ...added].map(weighed));
    for (const record of records) ids.add(readId(entryOf(record)));
    this.#seam = { ids, untilMillis: nowMillis + SEAM_MILLIS };
    this.#restored += 1;
  }

  figures(nowMillis: number, other?: Lane): Figures {
    return {
      counters: this.#totals(),
      held: this.#ring.count,
      heldBytes: this.#ring.bytes,
      sampled: this.patterns.counted,
      repeated: this.#repeated,
      lagMillis: this.#lagMillis,
      rates: this.#rates.read(nowMillis),
      only: other ? this.patterns.onlyHere(other.patterns, PATTERNS_SHOWN) : [],
    };
  }

  #rows(start: number, stop: number): Row[] {
    return Array.from({ length: Math.max(0, stop - start) }, (_, index) => {
      const seq = start + index;
      const line = this.#ring.get(seq)!;
      return "bytes" in line ? { seq, record: attempt(() => readContent(line, LIST_CHARACTERS), UNREADABLE) } : { seq, mark: line };
    });
  }

  /** Keep what is read, and some lines above it. What came meanwhile and had no room is said when nobody reads any more. */
  #pin(from: number | null): void {
    this.#ring.pin(from === null ? null : from - KEPT_ABOVE);
    if (from !== null || !this.#skipped) return;
    const mark = this.#skipped;
    this.#skipped = null;
    this.#ring.push(mark, LINE_OVERHEAD_BYTES);
  }

  #push(line: Line, nowMillis: number): void {
    const { item, bytes } = weighed(line);
    if (!this.#skipped && this.#ring.push(item, bytes)) return;
    this.#skipped ??= this.#mark("paused", { startUnixNano: nanos(nowMillis), endUnixNano: nanos(nowMillis) });
    this.#skipped.dropped += "bytes" in line ? 1 : line.dropped;
    this.#skipped.endUnixNano = nanos(nowMillis + 1);
  }

  #pushMark(kind: MarkKind, details: Partial<Mark>, nowMillis: number): void {
    this.#push(this.#mark(kind, details), nowMillis);
  }

  #mark(kind: MarkKind, details: Partial<Mark>): Mark {
    this.#lastKey += 1;
    return newMark(this.#lastKey, kind, details);
  }

  /** Make a pattern of the record, or of one in so many when they come fast. */
  #sample({ bytes, start, end, severity }: Entry, nowMillis: number): void {
    const second = Math.floor(nowMillis / 1000);
    if (second !== this.#thisSecond.second) {
      this.#stride = Math.ceil(this.#thisSecond.arrivals / SAMPLES_A_SECOND) || 1;
      this.#thisSecond = { second, arrivals: 0 };
    }
    this.#thisSecond.arrivals += 1;
    if (this.#thisSecond.arrivals % this.#stride === 0) {
      this.patterns.add(readHead(bytes, start, end, BODY_CHARACTERS).body, severity);
    }
  }

  #isRepeated(entry: Entry, nowMillis: number): boolean {
    if (this.#seam && nowMillis > this.#seam.untilMillis) this.#seam = null;
    const isRepeated = this.#seam?.ids.has(readId(entry)) ?? false;
    if (isRepeated) this.#repeated += 1;
    return isRepeated;
  }

  #ids(): Set<string> {
    const ids = new Set<string>();
    for (const [, line] of this.#ring.entries()) if ("bytes" in line) ids.add(readId(line));
    return ids;
  }

  #totals(): Counters {
    const { received, sent, dropped } = this.#before;
    return {
      received: received + this.#counters.received,
      sent: sent + this.#counters.sent,
      dropped: dropped + this.#counters.dropped,
    };
  }
}

/** What a row shows of a record whose bytes are none. */
const UNREADABLE: Content = {
  id: "",
  timeUnixNano: 0n,
  severity: 0,
  service: "",
  instance: "",
  body: "This record can't be read.",
  cut: false,
};

function attempt<T>(read: () => T, instead: T): T {
  try {
    return read();
  } catch {
    return instead;
  }
}

function millisOf(entry: Entry, instead: number): number {
  return attempt(() => readMillis(entry), instead);
}

function weighed(line: Line): Weighed<Line> {
  return { item: line, bytes: LINE_OVERHEAD_BYTES + ("bytes" in line ? line.end - line.start : 0) };
}

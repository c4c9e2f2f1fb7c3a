/** A buffer of the newest lines, bounded by their number and their bytes. The oldest leave first. */

/** One line and what it weighs. */
export interface Weighed<T> {
  item: T;
  bytes: number;
}

/**
 * Each line has a sequence number, one more than the line before; it stays as long as the line does, except that lines before one
 * that is replaced by many move down to make room. Numbers may be negative.
 */
export class Ring<T> {
  /** Sequence number of the oldest line, and the one after the newest. */
  first = 0;
  end = 0;
  /** What all lines weigh. */
  bytes = 0;

  readonly #slots: (Weighed<T> | undefined)[];
  #pinned = Number.POSITIVE_INFINITY;

  constructor(
    readonly maxCount: number,
    readonly maxBytes: number,
  ) {
    this.#slots = Array.from({ length: maxCount });
  }

  get count(): number {
    return this.end - this.first;
  }

  /** The line with this number, or undefined when there is none or it has left. */
  get(seq: number): T | undefined {
    return seq >= this.first && seq < this.end ? this.#slots[this.#slot(seq)]?.item : undefined;
  }

  /** Keep this line and all after it, for somebody reads them; null: nobody does. */
  pin(seq: number | null): void {
    this.#pinned = seq ?? Number.POSITIVE_INFINITY;
  }

  /** Add a line; the oldest make room. False, and not added, when those that would have to leave are pinned. */
  push(item: T, bytes: number): boolean {
    while (this.count > 0 && !this.#fits(bytes)) {
      if (this.first >= this.#pinned) return false;
      this.#evict();
    }
    this.#slots[this.#slot(this.end)] = { item, bytes };
    this.end += 1;
    this.bytes += bytes;
    return true;
  }

  /** Put lines into the place of one. The oldest of all make room, pinned or not. */
  replace(seq: number, lines: readonly Weighed<T>[]): void {
    if (this.get(seq) === undefined) return;
    const older: Weighed<T>[] = [];
    for (let at = this.first; at < seq; at += 1) older.push(this.#slots[this.#slot(at)]!);
    while (this.first <= seq) this.#evict();
    const before = [...older, ...lines];
    while (before.length > 0) {
      const line = before.pop()!;
      if (!this.#fits(line.bytes)) return;
      this.first -= 1;
      this.#slots[this.#slot(this.first)] = line;
      this.bytes += line.bytes;
    }
  }

  /** Each line with its number, the oldest first. */
  *entries(): Generator<[seq: number, item: T]> {
    for (let seq = this.first; seq < this.end; seq += 1) yield [seq, this.#slots[this.#slot(seq)]!.item];
  }

  #fits(bytes: number): boolean {
    return this.count < this.maxCount && this.bytes + bytes <= this.maxBytes;
  }

  #evict(): void {
    const slot = this.#slot(this.first);
    this.bytes -= this.#slots[slot]!.bytes;
    this.#slots[slot] = undefined;
    this.first += 1;
  }

  #slot(seq: number): number {
    const slot = seq % this.maxCount;
    return slot < 0 ? slot + this.maxCount : slot;
  }
}

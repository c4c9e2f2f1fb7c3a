/**
 * Reads protobuf's wire format field by field, without copying. The worker knows the few fields that it needs (`message.ts`);
 * whole records are read elsewhere with the generated stubs, whose runtime would make the worker 35 kB instead of a few.
 */

/** The bytes are no protobuf message. */
export class WireError extends Error {}

/** Fields of a message from one to the next. What a field holds is read through the members, until `next` is called again. */
export class Fields {
  /** The field's number. */
  number = 0;
  /** Of text, bytes, messages and fixed-size numbers: where they begin in `bytes`, and where they end. */
  start = 0;
  end = 0;
  /** Of varints: the number; exact up to 2^53. */
  varint = 0;

  #at: number;
  readonly #limit: number;

  constructor(
    readonly bytes: Uint8Array,
    start = 0,
    end = bytes.length,
  ) {
    this.#at = start;
    this.#limit = end;
  }

  /** Go to the next field; false when there is none. Throws WireError. */
  next(): boolean {
    if (this.#at >= this.#limit) return false;
    const tag = this.#readVarint();
    this.number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        this.varint = this.#readVarint();
        break;
      case 1:
        this.#take(8);
        break;
      case 2:
        this.#take(this.#readVarint());
        break;
      case 5:
        this.#take(4);
        break;
      default:
        throw new WireError("a field of no known type");
    }
    return true;
  }

  /** The message that the field holds. */
  message(): Fields {
    return new Fields(this.bytes, this.start, this.end);
  }

  /** The text that the field holds, at most its first `mostBytes`. What is no UTF-8 comes as U+FFFD. */
  text(mostBytes = Number.POSITIVE_INFINITY): string {
    return UTF8.decode(this.bytes.subarray(this.start, Math.min(this.end, this.start + mostBytes)));
  }

  /** The fixed64 that the field holds. */
  fixed64(): bigint {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + this.start, 8).getBigUint64(0, true);
  }

  #take(length: number): void {
    this.start = this.#at;
    this.end = this.#at + length;
    if (this.end > this.#limit) throw new WireError("a field goes on behind the end");
    this.#at = this.end;
  }

  #readVarint(): number {
    let value = 0;
    for (let factor = 1; this.#at < this.#limit; factor *= 128) {
      const byte = this.bytes[this.#at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new WireError("a number goes on behind the end");
  }
}

const UTF8 = new TextDecoder();

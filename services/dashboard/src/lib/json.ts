/**
 * Reads JSON as it is written: numbers keep their digits, members their order. A text that was cut off, or that has a `<*>` of a
 * pattern in it, is read as far as it goes.
 */

export type Json =
  | { readonly kind: "object"; readonly members: readonly Member[] }
  | { readonly kind: "list"; readonly items: readonly Json[] }
  | { readonly kind: "text"; readonly text: string }
  /** A number, true, false, null, or what else stands there. */
  | { readonly kind: "word"; readonly text: string };

export interface Member {
  readonly key: string;
  readonly value: Json;
}

/** Deeper than this nothing is read: nobody looks at it, and the stack ends somewhere. */
const DEEPEST = 200;
/** A key or a word may be cut in its middle; longer ones are none. */
const LONGEST_WORD = 200;
const SPACE = /[ \t\r\n]*/y;
const TEXT = /"[^"\\]*(?:\\[^][^"\\]*)*"/y;
const WORD = /[^\s,:[\]{}"]+/y;
const PART = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|<\*>)$/;

/** The object or list that the whole of the text is, but for spaces around it; null when it is none. */
export function readJson(text: string, isCut = false): Json | null {
  const reader = new Reader(text, isCut);
  const found = reader.compound(0);
  return found && reader.isOver() ? found : null;
}

/** The value in one line, as it would be written without spaces; a text without its quotes. */
export function compact(value: Json): string {
  return value.kind === "text" ? value.text : written(value);
}

function written(value: Json): string {
  switch (value.kind) {
    case "object":
      return `{${value.members.map((member) => `${JSON.stringify(member.key)}:${written(member.value)}`).join(",")}}`;
    case "list":
      return `[${value.items.map(written).join(",")}]`;
    case "text":
      return JSON.stringify(value.text);
    case "word":
      return value.text;
  }
}

class Reader {
  #at = 0;
  /** Set where the text ends within a value: all that follows is given up, and what was read is kept. */
  #isTorn = false;

  constructor(
    private readonly text: string,
    private readonly isCut: boolean,
  ) {}

  isOver(): boolean {
    this.#take(SPACE);
    return this.#isTorn || this.#at === this.text.length;
  }

  compound(depth: number): Json | null {
    this.#take(SPACE);
    if (depth > DEEPEST) return null;
    if (this.#takes("{")) return this.#object(depth);
    return this.#takes("[") ? this.#list(depth) : null;
  }

  #object(depth: number): Json | null {
    const members: Member[] = [];
    if (this.#takes("}")) return { kind: "object", members };
    do {
      this.#take(SPACE);
      const key = this.#take(TEXT);
      if (key === null) return this.#torn({ kind: "object", members });
      if (!this.#takes(":")) return this.#torn({ kind: "object", members });
      const value = this.#value(depth + 1);
      if (value === null) return this.#torn({ kind: "object", members });
      members.push({ key: unquoted(key), value });
      if (this.#isTorn) return { kind: "object", members };
    } while (this.#takes(","));
    return this.#takes("}") ? { kind: "object", members } : this.#torn({ kind: "object", members });
  }

  #list(depth: number): Json | null {
    const items: Json[] = [];
    if (this.#takes("]")) return { kind: "list", items };
    do {
      const item = this.#value(depth + 1);
      if (item === null) return this.#torn({ kind: "list", items });
      items.push(item);
      if (this.#isTorn) return { kind: "list", items };
    } while (this.#takes(","));
    return this.#takes("]") ? { kind: "list", items } : this.#torn({ kind: "list", items });
  }

  #value(depth: number): Json | null {
    this.#take(SPACE);
    const text = this.#take(TEXT);
    if (text !== null) return { kind: "text", text: unquoted(text) };
    if (this.text[this.#at] === '"') return this.#rest();
    const word = this.#take(WORD);
    if (word === null) return this.compound(depth);
    return PART.test(word) ? { kind: "word", text: word } : null;
  }

  /** A text without its end. */
  #rest(): Json | null {
    if (!this.isCut) return null;
    const text = unquoted(`${this.text.slice(this.#at).replace(/\\u?[0-9a-fA-F]{0,3}$/, "")}"`);
    this.#at = this.text.length;
    this.#isTorn = true;
    return { kind: "text", text };
  }

  /** What was read of something that has no end; null where that can't be because the text was cut. */
  #torn(value: Json): Json | null {
    if (!this.isCut || this.text.length - this.#at > LONGEST_WORD) return null;
    this.#isTorn = true;
    return value;
  }

  #takes(sign: string): boolean {
    this.#take(SPACE);
    if (this.text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found) return null;
    this.#at += found[0].length;
    return found[0];
  }
}

/** What a text in quotes says; of one that is no JSON, what stands between them. */
export function unquoted(text: string): string {
  if (!text.includes("\\")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

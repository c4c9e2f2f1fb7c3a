/** Bodies to templates, and which templates only one of two lanes has. */

/** One template of a lane. */
export interface PatternCount {
  template: string;
  count: number;
  /** The most severe line of it. */
  severity: number;
}

/** Characters of a body that count. */
export const BODY_CHARACTERS = 300;
const MAX_TEMPLATES = 2_000;
const FEWEST_EXPECTED = 3;

const VARIABLE = new RegExp(
  [
    String.raw`\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b`,
    // Words with digits in them, joined as in addresses and times.
    String.raw`(?:\b|(?<![\w>])[+-])[a-z_]*\d\w*(?:[-.:/,+@][a-z_]*\d\w*)*`,
    String.raw`\b[a-f]{8,}\b`,
    // A message of JSON, of which only what varies goes; names of JSON members, which stay; and quoted texts.
    String.raw`(?<message>"(?:message|msg|@mt?|event|short_message|error|text|log)"\s*:\s*")(?<text>(?:[^"\\]|\\.)*)"`,
    String.raw`(?<name>"[\w.\-/@$]+"\s*:)`,
    String.raw`"(?:[^"\\]|\\.)*"`,
  ].join("|"),
  "gi",
);

/** A letter that is written by its number: a part of that must not go alone. */
const ESCAPED = /\\u/;

/** What varies from line to line becomes `<*>`, much as in the gateway's patterns: words with digits, ids, quoted texts. */
export function mask(body: string): string {
  return masked(body.slice(0, BODY_CHARACTERS));
}

function masked(text: string): string {
  return text.replace(VARIABLE, (found, message?: string, said?: string, name?: string) => {
    if (message !== undefined) return `${message}${ESCAPED.test(said!) ? "<*>" : masked(said!)}"`;
    return name === undefined ? "<*>" : found;
  });
}

/** Templates of a lane with their counts. The rarest are forgotten when there are too many. */
export class Patterns {
  /** Lines that were counted. */
  counted = 0;
  readonly #counts = new Map<string, PatternCount>();
  /** A template that was forgotten had at most so many lines. */
  #forgotten = 0;

  constructor(private readonly maxTemplates = MAX_TEMPLATES) {}

  add(body: string, severity: number): void {
    this.counted += 1;
    const template = mask(body);
    const known = this.#counts.get(template);
    if (known) {
      known.count += 1;
      known.severity = Math.max(known.severity, severity);
      return;
    }
    if (this.#counts.size >= this.maxTemplates) this.#forgetHalf();
    this.#counts.set(template, { template, count: 1, severity });
  }

  /**
   * The most frequent templates that the other lane does not have, though it has had so many lines that some were to be expected:
   * of three expected ones none comes once in twenty times by chance.
   */
  onlyHere(other: Patterns, most: number): PatternCount[] {
    const share = this.counted ? other.counted / this.counted : 0;
    const needed = FEWEST_EXPECTED + other.#forgotten;
    return [...this.#counts.values()]
      .filter(({ template, count }) => count * share >= needed && !other.#counts.has(template))
      .toSorted((one, two) => two.count - one.count)
      .slice(0, most);
  }

  #forgetHalf(): void {
    const byCount = [...this.#counts.values()].toSorted((one, two) => one.count - two.count);
    for (const { template, count } of byCount.slice(0, Math.ceil(byCount.length / 2))) {
      this.#counts.delete(template);
      this.#forgotten = Math.max(this.#forgotten, count);
    }
  }
}

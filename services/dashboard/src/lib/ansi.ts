/** Escape sequences of terminals: taken out of lines, or read as colours. */

/** A stretch of text, and how a terminal would show it: class names of the style sheet's colours. */
export interface Styled {
  readonly text: string;
  readonly look: string;
}

// CSI (colours, cursor), OSC (titles, links), character sets, and single letters; `#033[` is what rsyslog makes of the first.
const ESCAPE =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b|#033\[)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]{0,2048}(?:\u0007|\u001b\\)|\u001b[()*+][0-9A-Za-z]|\u001b[78=>cDEHMNOZ]/g;
// oxlint-disable-next-line no-control-regex
const COLOUR = /^(?:\u001b\[|\u009b|#033\[)([0-9;:]*)m$/;

/** Black and white are the page's own ink, which both themes can read. */
const COLOURS = ["text-muted", "text-error", "text-good", "text-caution", "text-accent", "text-fatal", "text-info", "text-ink"];
const [RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN] = [1, 2, 3, 4, 5, 6];

/** The text without any escape sequence. */
export function withoutEscapes(text: string): string {
  return text.replace(ESCAPE, "");
}

export function hasColours(text: string): boolean {
  return [...text.matchAll(ESCAPE)].some(([escape]) => COLOUR.test(escape));
}

/** The text in stretches of one look each, without its escape sequences. */
export function styledOf(text: string): Styled[] {
  const found: Styled[] = [];
  let style = PLAIN;
  let at = 0;
  const push = (end: number) => {
    if (end > at) found.push({ text: text.slice(at, end), look: lookOf(style) });
  };
  for (const match of text.matchAll(ESCAPE)) {
    push(match.index);
    at = match.index + match[0].length;
    const codes = COLOUR.exec(match[0])?.[1];
    if (codes !== undefined) style = after(style, codes.split(/[;:]/).map(Number));
  }
  push(text.length);
  return found;
}

interface Style {
  readonly colour: number | null;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly underlined: boolean;
}

const PLAIN: Style = { colour: null, bold: false, italic: false, underlined: false };

function after(before: Style, codes: readonly number[]): Style {
  let style = before;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at]!;
    if (code === 38 || code === 48) {
      const [colour, length] = extended(codes, at + 1);
      if (code === 38) style = { ...style, colour };
      at += length;
    } else style = changed(style, code);
  }
  return style;
}

function changed(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underlined: true };
  if (code === 22) return { ...style, bold: false };
  if (code === 23) return { ...style, italic: false };
  if (code === 24) return { ...style, underlined: false };
  if (code === 39) return { ...style, colour: null };
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 90 };
  return style;
}

/** One of the eight for `5;n` (256 colours) or `2;r;g;b`, and how many codes it took. */
function extended(codes: readonly number[], at: number): [colour: number | null, length: number] {
  const [kind, one = 0, two = 0, three = 0] = codes.slice(at, at + 4);
  if (kind === 2) return [nearest(one, two, three), 4];
  if (kind !== 5) return [null, 1];
  if (one < 16) return [one % 8, 2];
  if (one > 231) return [one > 243 ? 7 : 0, 2];
  const part = (divisor: number) => Math.floor((one - 16) / divisor) % 6;
  return [nearest(part(36) * 51, part(6) * 51, part(1) * 51), 2];
}

function nearest(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < 40) return most > 127 ? 7 : 0;
  const strong = [red, green, blue].map((part) => part > most * 0.6);
  const [isRed, isGreen, isBlue] = strong;
  if (isRed) return isGreen ? YELLOW : isBlue ? MAGENTA : RED;
  if (isGreen) return isBlue ? CYAN : GREEN;
  return BLUE;
}

function lookOf({ colour, bold, italic, underlined }: Style): string {
  return [colour !== null && COLOURS[colour], bold && "font-bold", italic && "italic", underlined && "underline"].filter(Boolean).join(" ");
}

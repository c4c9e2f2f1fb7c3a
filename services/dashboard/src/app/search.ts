/** The address bar as state: every parameter is one plain text, so that an address can be read and typed. */

import { LAST_15_MINUTES, type RangeText } from "@/lib/time";

/** What every page's address holds. Missing means the default, which is left out. */
// A type and not an interface, because the router wants one that other keys may join.
export type Scope = {
  /** Filter. */
  q?: string;
  /** Start of the range, such as `now-15m` or RFC 3339. */
  from?: string;
  to?: string;
};

export type Texts = Record<string, string>;

export function parseSearch(search: string): Texts {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const texts = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string" && value !== "") texts.set(name, value);
  }
  const text = texts.toString();
  return text ? `?${text}` : "";
}

/** A validateSearch that keeps these names when they hold text. */
export function only<Name extends string>(...names: Name[]): (search: Record<string, unknown>) => Partial<Record<Name, string>> {
  return (search) => {
    const kept: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === "string" && value !== "") kept[name] = value;
    }
    return kept;
  };
}

export function rangeOf(scope: Scope): RangeText {
  return { from: scope.from ?? LAST_15_MINUTES.from, to: scope.to ?? LAST_15_MINUTES.to };
}

/** What a reader has chosen for this browser: theme, zone of times, wrapped lines. Kept in localStorage. */

import type { Zone } from "@/lib/format";
import { createStore, useStore } from "@/lib/store";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  theme: Theme;
  zone: Zone;
  /** Whether long lines of a list go on below. */
  wrap: boolean;
}

const KEY = "logmesh.preferences";
const DEFAULTS: Preferences = { theme: "system", zone: "local", wrap: false };

const store = createStore<Preferences>({ ...DEFAULTS, ...saved() });

export const usePreferences = (): Preferences => useStore(store);

export function changePreferences(change: Partial<Preferences>): void {
  const next = { ...store.get(), ...change };
  store.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // A browser that keeps nothing forgets the choice with the tab.
  }
  applyTheme();
}

/** Tell the style sheet which theme is chosen; charts ask again for their colours. */
export function applyTheme(): void {
  const { theme } = store.get();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function saved(): Partial<Preferences> {
  try {
    const text = localStorage.getItem(KEY);
    const read: unknown = text ? JSON.parse(text) : {};
    return typeof read === "object" && read ? read : {};
  } catch {
    return {};
  }
}

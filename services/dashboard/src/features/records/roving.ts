/** Which row the keys of a list lead to. */

/** The row that `key` leads to from `row`, or null when the key means nothing here. `page` is how many rows are seen at once. */
export function rowAfterKey(key: string, row: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const within = (next: number) => Math.min(Math.max(next, 0), count - 1);
  switch (key) {
    case "j":
    case "ArrowDown":
      return within(row + 1);
    case "k":
    case "ArrowUp":
      return within(row - 1);
    case "PageDown":
      return within(row + page);
    case "PageUp":
      return within(row - page);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

/** The rows to draw: those of the window, and the one that holds the tab stop, so that Tab always finds it. */
export function withRow(window: number[], row: number, count: number): number[] {
  if (row < 0 || row >= count || window.includes(row)) return window;
  return [...window, row].toSorted((one, other) => one - other);
}

/** Where an exported file goes: straight to the disk where the browser can, else through its memory. */

import { memorySink, type Format, type Sink } from "./exporting";

interface SavingWindow {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
}

const TYPES: Record<Format, string> = { ndjson: "application/x-ndjson", csv: "text/csv" };

/** Whether files go straight to the disk, and so have no bound. */
export function savesToDisk(): boolean {
  return typeof (window as SavingWindow).showSaveFilePicker === "function";
}

/** The sink for a file of this name. Throws an AbortError when the reader chooses no place for it. */
export async function sinkFor(name: string, format: Format): Promise<Sink> {
  const { showSaveFilePicker } = window as SavingWindow;
  if (!showSaveFilePicker) return memorySink(name, TYPES[format]);
  const handle = await showSaveFilePicker({ suggestedName: name });
  const file = await handle.createWritable();
  return { write: (piece) => file.write(piece), close: () => file.close(), abort: () => file.abort() };
}

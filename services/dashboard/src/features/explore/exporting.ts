/** Matching records as a file, streamed by the gateway. */

import { failureOf } from "@/api/failure";
import { readToken } from "@/api/token";
import { formatBytes } from "@/lib/format";
import { type Span, toRfc3339 } from "@/lib/time";

export type Format = "ndjson" | "csv";

export interface Export {
  filter: string;
  span: Span;
  format: Format;
  /** How many records at most. */
  limit: number;
}

/** Where the pieces of a file go. */
export interface Sink {
  write: (piece: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** The file is whole. */
  close: () => Promise<void>;
  /** It is not, and shall not be kept. */
  abort: () => Promise<void>;
}

/** A file that the browser holds in memory until it is whole has no more than this. */
export const MOST_BYTES_IN_MEMORY = 200_000_000;

export function exportUrl({ filter, span, format, limit }: Export): string {
  const query = new URLSearchParams({
    filter,
    start_time: toRfc3339(span.start),
    end_time: toRfc3339(span.end),
    format: format === "csv" ? "EXPORT_FORMAT_CSV" : "EXPORT_FORMAT_NDJSON",
    limit: String(limit),
  });
  return `/v1/export?${query}`;
}

export function fileName({ span, format }: Export): string {
  const digits = (moment: bigint) => toRfc3339(moment).slice(0, 19).replace(/[-:]/g, "");
  return `logs-${digits(span.start)}-${digits(span.end)}.${format}`;
}

/** Stream the file into the sink, telling the bytes so far. Throws with a sentence when it can't be whole; nothing is kept then. */
export async function exportTo(sink: Sink, asked: Export, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<number> {
  try {
    const token = readToken();
    const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
    const response = await fetch(exportUrl(asked), { signal, ...(headers && { headers }) });
    if (!response.ok || !response.body) throw new Error(await refusal(response));
    let bytes = 0;
    for await (const piece of response.body) {
      await sink.write(piece);
      bytes += piece.byteLength;
      onBytes(bytes);
    }
    await sink.close();
    return bytes;
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** A sink in memory that hands the whole file to the browser's downloads. */
export function memorySink(name: string, type: string, most = MOST_BYTES_IN_MEMORY): Sink {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  return {
    write: async (piece) => {
      bytes += piece.byteLength;
      if (bytes > most) {
        throw new Error(`The file is larger than the ${formatBytes(most)} this browser can hold. Export fewer records or a shorter range.`);
      }
      pieces.push(piece);
    },
    close: async () => {
      const url = URL.createObjectURL(new Blob(pieces, { type }));
      const link = document.createElement("a");
      link.href = url;
      link.download = name;
      link.click();
      // The download has begun by then, and holds the file on its own.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
    abort: async () => {
      pieces.length = 0;
    },
  };
}

/** Why an export failed, or null when it was given up. */
export function exportFailure(error: unknown): string | null {
  const failure = failureOf(error);
  if (!failure) return null;
  // A stream that ends in the middle has no words of its own.
  if (error instanceof TypeError) return "The export broke off, so nothing was kept. Try a shorter range.";
  return error instanceof Error ? error.message : failure.message;
}

async function refusal(response: Response): Promise<string> {
  try {
    const answer: unknown = await response.json();
    if (typeof answer === "object" && answer && "message" in answer) return String(answer.message);
  } catch {
    // Not the gateway's words, so the status has to do.
  }
  return `The gateway answered ${response.status}.`;
}

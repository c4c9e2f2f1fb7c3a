/** The answer of a server stream over gRPC-web, message by message. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md */

import { observe } from "@/lib/clock";

/** The call ended with this status; the codes are gRPC's. */
export class StatusError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

const UNKNOWN = 2;
const UNAVAILABLE = 14;
const HEAD_BYTES = 5;
const TRAILERS = 0x80;

/** Statuses of HTTP where a proxy answered in the server's place. */
const OF_HTTP: Record<number, number> = { 401: 16, 403: 7, 404: 12, 429: UNAVAILABLE, 502: UNAVAILABLE, 503: UNAVAILABLE, 504: UNAVAILABLE };

/**
 * Call a method with a request's bytes and yield the bytes of each message of its answer. Ends when the server says OK; throws
 * StatusError when it says anything else or breaks off, and what `fetch` throws.
 */
export async function* callStream(url: string, request: Uint8Array, token: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const sent = Date.now();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/grpc-web+proto",
      "X-Grpc-Web": "1",
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    body: framed(request),
    signal,
  });
  observe(response.headers.get("date"), sent, Date.now());
  const early = statusOf((name) => response.headers.get(name));
  if (early) throw early;
  if (!response.ok || !response.body) {
    throw new StatusError(OF_HTTP[response.status] ?? UNKNOWN, `HTTP status ${response.status}`);
  }
  for await (const { flags, payload } of readFrames(response.body)) {
    if (!(flags & TRAILERS)) {
      yield payload;
      continue;
    }
    const trailers = parseTrailers(payload);
    const status = statusOf((name) => trailers.get(name) ?? null);
    if (status) throw status;
    return;
  }
  throw new StatusError(UNAVAILABLE, "the connection broke off");
}

interface Frame {
  flags: number;
  payload: Uint8Array<ArrayBuffer>;
}

/** Frames of a body, however the network has cut it. Each payload has memory of its own. */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const reader = body.getReader();
  const head = new Uint8Array(HEAD_BYTES);
  let payload: Uint8Array<ArrayBuffer> | null = null;
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (let at = 0; at < value.length; ) {
        const target: Uint8Array = payload ?? head;
        const part = value.subarray(at, at + target.length - filled);
        target.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < target.length) break;
        filled = 0;
        if (!payload) payload = new Uint8Array(new DataView(head.buffer).getUint32(1));
        if (target === payload || payload.length === 0) {
          yield { flags: head[0]!, payload };
          payload = null;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A message with the five bytes that stand before it. */
function framed(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD_BYTES + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, HEAD_BYTES);
  return bytes;
}

function parseTrailers(payload: Uint8Array): Map<string, string> {
  const lines = new TextDecoder().decode(payload).split("\r\n");
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** The status that headers or trailers hold; null when it is OK or not there. */
function statusOf(get: (name: string) => string | null): StatusError | null {
  const code = Number(get("grpc-status") ?? 0);
  return code ? new StatusError(code, percentDecoded(get("grpc-message") ?? "")) : null;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

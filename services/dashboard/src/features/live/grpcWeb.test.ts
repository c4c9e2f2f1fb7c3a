import { afterEach, expect, test, vi } from "vitest";
import { callStream, readFrames } from "./grpcWeb";

const utf8 = new TextEncoder();

function frame(flags: number, text: string): Uint8Array {
  const payload = utf8.encode(text);
  return new Uint8Array([flags, 0, 0, payload.length >> 8, payload.length & 255, ...payload]);
}

function bodyOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

function answer(body: ReadableStream<Uint8Array> | null, init: ResponseInit = {}): void {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body as BodyInit, init)));
}

async function call(): Promise<string[]> {
  const texts: string[] = [];
  for await (const bytes of callStream("/x", new Uint8Array([1]), "", new AbortController().signal)) {
    texts.push(new TextDecoder().decode(bytes));
  }
  return texts;
}

afterEach(() => vi.unstubAllGlobals());

test("frames are the same, however the network cuts them", async () => {
  const bytes = new Uint8Array([...frame(0, "one"), ...frame(0, ""), ...frame(0, "x".repeat(300)), ...frame(0x80, "grpc-status: 0\r\n")]);
  for (const size of [1, 2, 7, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size));
    const payloads: string[] = [];
    for await (const { payload } of readFrames(bodyOf(...chunks))) payloads.push(new TextDecoder().decode(payload));
    expect(payloads).toEqual(["one", "", "x".repeat(300), "grpc-status: 0\r\n"]);
  }
});

test("messages come until the trailers say OK", async () => {
  answer(bodyOf(frame(0, "a"), frame(0, "b"), frame(0x80, "grpc-status: 0\r\n")));
  expect(await call()).toEqual(["a", "b"]);
});

test("an error comes in the trailers, or in the headers when nothing was said", async () => {
  answer(bodyOf(frame(0x80, "grpc-status: 3\r\ngrpc-message: 100%25 wrong\r\n")));
  await expect(call()).rejects.toMatchObject({ code: 3, message: "100% wrong" });
  answer(null, { headers: { "grpc-status": "16", "grpc-message": "no token" } });
  await expect(call()).rejects.toMatchObject({ code: 16, message: "no token" });
});

test("a stream that breaks off, and a proxy's page, mean that the gateway is away", async () => {
  answer(bodyOf(frame(0, "a")));
  await expect(call()).rejects.toMatchObject({ code: 14 });
  answer(bodyOf(utf8.encode("<html>")), { status: 502 });
  await expect(call()).rejects.toMatchObject({ code: 14, message: "HTTP status 502" });
});

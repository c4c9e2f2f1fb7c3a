/**
 * Stands in for gateway and edge where the Live page is measured at rates that this machine's other processes could not bring while
 * the browser runs beside them: serves the built dashboard, and a tail of so many records a second that look like a shop's.
 *
 *     npx vite build && node bench/feed.mjs 20000 3999
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const FRAME_MILLIS = 50;
/** A frame of the gateway holds about 64 KiB. */
const RECORDS_A_MESSAGE = 180;
const UNIMPLEMENTED = 12;

const utf8 = new TextEncoder();

/** @param {{ rate: number, port: number }} options `rate` in records a second. @returns {Promise<import("node:http").Server>} */
export async function startFeed({ rate, port }) {
  const server = createServer((request, response) => {
    if (request.url.endsWith("TailService/Tail")) tail(response, rate);
    else if (request.method === "POST") response.writeHead(200, { "grpc-status": UNIMPLEMENTED, "content-type": "application/grpc-web+proto" }).end();
    else void file(request.url, response);
  });
  await new Promise((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

/** Send records at the rate until the page goes. A page that reads too slowly is waited for, and what is due is made up. */
function tail(response, rate) {
  response.writeHead(200, { "content-type": "application/grpc-web+proto" });
  const began = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    if (response.writableLength > 8e6) return;
    const due = Math.floor(((Date.now() - began) * rate) / 1_000);
    while (sent < due) {
      const records = Array.from({ length: Math.min(RECORDS_A_MESSAGE, due - sent) }, (_, index) => record(sent + index));
      sent += records.length;
      const frame = concat(records.map((bytes) => field(1, bytes)));
      const counters = concat([number(1, sent), number(2, sent)]);
      response.write(message(concat([field(1, frame), field(4, counters), field(5, utf8.encode("token"))])));
    }
  }, FRAME_MILLIS);
  response.on("close", () => clearInterval(timer));
}

const SERVICES = ["frontend", "cart", "inventory", "payment"];
const RESOURCES = SERVICES.map((name) => field(10, concat([text(1, name), text(2, `${name}-0321319bd-14d7a`), text(9, "x".repeat(120))])));

/** A LogRecord of about 330 bytes, its attributes and resource as heavy as a shop's. */
function record(index) {
  const time = new Uint8Array(9);
  time[0] = (2 << 3) | 1;
  new DataView(time.buffer).setBigUint64(1, BigInt(Date.now()) * 1_000_000n, true);
  return concat([
    text(1, `1-${index}`),
    time,
    number(4, index % 50 === 0 ? 17 : 9),
    text(6, `Charged ${index % 997}.50 EUR for order ${index * 7} of user ${index % 99_991}`),
    field(8, new Uint8Array(16).fill(index % 255)),
    RESOURCES[index % RESOURCES.length],
  ]);
}

function text(id, value) {
  return field(id, utf8.encode(value));
}

function number(id, value) {
  return Uint8Array.from([id << 3, ...varint(value)]);
}

function field(id, bytes) {
  return concat([Uint8Array.from([(id << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value) {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

/** A message of gRPC-web. */
function message(bytes) {
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(1, bytes.length);
  return concat([head, bytes]);
}

function concat(parts) {
  return Buffer.concat(parts);
}

async function file(url, response) {
  const path = normalize(new URL(url, "http://feed").pathname);
  const name = extname(path) ? path : "/index.html";
  try {
    const bytes = await readFile(join(DIST, name));
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [rate = "20000", port = "3999"] = process.argv.slice(2);
  await startFeed({ rate: Number(rate), port: Number(port) });
}

/** Answers in the gateway's place, for states that a system with records can't be brought into. */

import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Page } from "playwright-core";

const TRAILER = 0x80;
const OK = new TextEncoder().encode("grpc-status:0\r\n");

/** Have a method answer these messages, over gRPC-web. */
export async function answer<Schema extends DescMessage>(
  page: Page,
  method: string,
  schema: Schema,
  ...messages: MessageInitShape<Schema>[]
): Promise<void> {
  const frames = [...messages.map((message) => frame(0, toBinary(schema, create(schema, message)))), frame(TRAILER, OK)];
  const headers = { "content-type": "application/grpc-web+proto" };
  await page.route(`**/logmesh.v1.*/${method}`, (route) => route.fulfill({ status: 200, headers, body: Buffer.concat(frames) }));
}

function frame(flags: number, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = flags;
  new DataView(head.buffer).setUint32(1, payload.length);
  return Buffer.concat([head, payload]);
}

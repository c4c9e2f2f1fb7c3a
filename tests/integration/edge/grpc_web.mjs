// One gRPC-web call, framed by hand as a browser's library does it: node grpc_web.mjs URL HEX
// Prints the messages and the trailers that came.
const [url, hex] = process.argv.slice(2);
const message = Buffer.from(hex, "hex");
const head = Buffer.alloc(5);
head.writeUInt32BE(message.length, 1);
const answer = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
  body: Buffer.concat([head, message]),
});
const bytes = Buffer.from(await answer.arrayBuffer());
const messages = [];
let trailers = "";
for (let at = 0; at < bytes.length; ) {
  const length = bytes.readUInt32BE(at + 1);
  const frame = bytes.subarray(at + 5, at + 5 + length);
  if (bytes[at] & 0x80) trailers += frame.toString();
  else messages.push(frame.toString("hex"));
  at += 5 + length;
}
console.log(JSON.stringify({ contentType: answer.headers.get("content-type"), messages, trailers }));

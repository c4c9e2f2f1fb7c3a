/** How the first log is sent to this system: commands with its own addresses, to copy. */

import type { SendTo } from "@/gen/logmesh/v1/pipeline_service_pb";

export interface Way {
  name: string;
  text: string;
}

/** What stands for an address that the gateway was not told. */
const PROCESSORS = "PROCESSORS:50052";

/** `origin` is that of the page, which has the API, too; `sendTo` is what the gateway knows. */
export function waysToSend(sendTo: Pick<SendTo, "target" | "command" | "certificates"> | undefined, origin: string): Way[] {
  const { target = "", command = "", certificates = "" } = sendTo ?? {};
  const ship = command || `logmesh ship --target ${target || PROCESSORS}`;
  return [
    { name: "A line, from a shell", text: `echo "hello, Logmesh" | ${ship} - --service hello` },
    { name: "A file, and what is appended to it", text: `${ship} app.log --service checkout --follow` },
    { name: "Python's logging", text: python(target || PROCESSORS, certificates) },
    { name: "grpcurl", text: grpcurl(firstOf(target) || PROCESSORS, certificates) },
    { name: "And look whether it is there", text: `curl '${origin}/v1/logs?page_size=5'` },
  ];
}

function python(target: string, certificates: string): string {
  if (!certificates) {
    return `import logging
from logmesh import LogmeshHandler

logging.getLogger().addHandler(LogmeshHandler("${target}", service="hello"))
logging.getLogger().warning("hello from Python")`;
  }
  return `import logging
from logmesh import LogmeshHandler, TlsFiles

folder = ${JSON.stringify(certificates)}
tls = TlsFiles(f"{folder}/log-producer.crt", f"{folder}/log-producer.key", f"{folder}/ca.crt")
logging.getLogger().addHandler(LogmeshHandler("${target}", service="hello", tls=tls))
logging.getLogger().warning("hello from Python")`;
}

function grpcurl(address: string, certificates: string): string {
  const folder = quotedForShell(certificates);
  const tls = certificates
    ? `-cacert ${folder}/ca.crt -cert ${folder}/log-producer.crt -key ${folder}/log-producer.key -authority log-processor`
    : "-plaintext";
  return `grpcurl ${tls} \\
  -d '{"records": [{"body": "hello from grpcurl", "resource": {"service_name": "hello"}}]}' \\
  ${address} logmesh.v1.IngestService/Write`;
}

/** `ipv4:127.0.0.11:50052,127.0.0.12:50052` names several; one will do. */
function firstOf(target: string): string {
  return target.replace(/^(?:ipv4|ipv6|dns):\/*/, "").split(",")[0]!;
}

function quotedForShell(text: string): string {
  return /^[\w@%+=:,./-]*$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

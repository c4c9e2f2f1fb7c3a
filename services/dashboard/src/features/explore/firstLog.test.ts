import { expect, test } from "vitest";
import { waysToSend } from "./firstLog";

const LOCAL = {
  target: "ipv4:127.0.0.11:50052,127.0.0.12:50052",
  command: "/venv/bin/logmesh ship --data-dir /data",
  certificates: "/data/my certificates",
};

test("each way has this machine's own addresses", () => {
  const [line, file, python, grpcurl, curl] = waysToSend(LOCAL, "http://localhost:3000").map(({ text }) => text);
  expect(line).toBe('echo "hello, Logmesh" | /venv/bin/logmesh ship --data-dir /data - --service hello');
  expect(file).toBe("/venv/bin/logmesh ship --data-dir /data app.log --service checkout --follow");
  expect(python).toContain('folder = "/data/my certificates"');
  expect(python).toContain('LogmeshHandler("ipv4:127.0.0.11:50052,127.0.0.12:50052", service="hello", tls=tls)');
  expect(grpcurl).toContain("-cacert '/data/my certificates'/ca.crt");
  expect(grpcurl).toMatch(/\n {2}127\.0\.0\.11:50052 logmesh\.v1\.IngestService\/Write$/);
  expect(curl).toBe("curl 'http://localhost:3000/v1/logs?page_size=5'");
});

test("where the gateway has no machine of people, its processors are named", () => {
  const [line, , python, grpcurl] = waysToSend({ target: "dns:///log-processor:50052", command: "", certificates: "" }, "https://logs").map(({ text }) => text);
  expect(line).toBe('echo "hello, Logmesh" | logmesh ship --target dns:///log-processor:50052 - --service hello');
  expect(python).toContain('LogmeshHandler("dns:///log-processor:50052", service="hello")');
  expect(grpcurl).toContain("grpcurl -plaintext");
  expect(grpcurl).toContain("  log-processor:50052 logmesh");
  expect(waysToSend(undefined, "https://logs")[0]!.text).toContain("--target PROCESSORS:50052");
});

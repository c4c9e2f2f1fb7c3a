/** The `logmesh up` that a spec runs against: where its dashboard is, and how its parts are stopped and started. */

import { readFileSync } from "node:fs";

/** The origin of the dashboard. */
export const DASHBOARD = required("LOGMESH_DASHBOARD");

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: pytest tests/e2e/test_dashboard.py sets it`);
  return value;
}

/** Send a signal to one part, such as "log-processor-0". A stopped one (SIGSTOP) hangs until SIGCONT. */
export function signal(part: string, name: NodeJS.Signals): void {
  const pid = processOf(part);
  if (pid === undefined) throw new Error(`${part} does not run`);
  process.kill(pid, name);
}

/** Kill a part, should it run; `logmesh up` starts it again. */
export function kill(part: string): void {
  const pid = processOf(part);
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

/** Have the database end at once, should it run; `logmesh up` starts it again. */
export function killDatabase(): void {
  const pid = children().find(isDatabase);
  if (pid !== undefined) process.kill(pid, "SIGINT");
}

function processOf(part: string): number | undefined {
  return children().find((pid) => isPart(pid, part));
}

function children(): number[] {
  const runner = required("LOGMESH_RUNNER");
  return readFileSync(`/proc/${runner}/task/${runner}/children`, "utf8").trim().split(" ").map(Number);
}

function isDatabase(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0]!.endsWith("/postgres");
  } catch {
    return false; // it has just ended
  }
}

function isPart(pid: number, part: string): boolean {
  try {
    // One that was forked has its name in its title, one that was started again in its environment.
    const titled = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`(${part})`);
    return titled || readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`LOGMESH_NAME=${part}`);
  } catch {
    return false; // it has just ended
  }
}

/** The access token, where the gateway wants one. It lives as long as the tab and is never part of an address. */

const KEY = "logmesh.token";

export function readToken(): string {
  return globalThis.sessionStorage?.getItem(KEY) ?? "";
}

export function writeToken(token: string): void {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

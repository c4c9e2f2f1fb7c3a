/** What went wrong with a call, in the words of a page. */

import { Code, ConnectError } from "@connectrpc/connect";

export type FailureKind = "filter" | "invalid" | "denied" | "away" | "database" | "busy" | "slow" | "missing" | "other";

export interface Failure {
  kind: FailureKind;
  /** A sentence for people, the gateway's own where it gave one. */
  message: string;
  /** Of kind `filter`: at which character of the filter, from 0. */
  position?: number;
  /** Of kind `filter`: a word that was probably meant. */
  suggestion?: string;
}

const KINDS: Partial<Record<Code, FailureKind>> = {
  [Code.InvalidArgument]: "invalid",
  [Code.Unauthenticated]: "denied",
  [Code.PermissionDenied]: "denied",
  [Code.Unavailable]: "away",
  [Code.Unknown]: "away",
  [Code.ResourceExhausted]: "busy",
  [Code.DeadlineExceeded]: "slow",
  [Code.NotFound]: "missing",
};

const PLACE = /^(?<problem>.*) at character (?<place>\d+)(?:;|$)/s;
const DATABASE = /\bdatabase\b/;
const MEANT = /did you mean (?<word>.+)\?$/;

/** The failure of a call, or null when it was given up on purpose. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof DOMException && error.name === "AbortError") return null;
  const { code, rawMessage: message } = ConnectError.from(error);
  if (code === Code.Canceled) return null;
  const place = code === Code.InvalidArgument ? PLACE.exec(message)?.groups?.place : undefined;
  if (place !== undefined) {
    const suggestion = MEANT.exec(message)?.groups?.word;
    return { kind: "filter", message, position: Number(place) - 1, ...(suggestion ? { suggestion } : {}) };
  }
  const kind = KINDS[code] ?? "other";
  // Of all that is in front of it, only the gateway itself speaks of its database.
  if (kind === "away" && DATABASE.test(message)) return { kind: "database", message: sentence(message) };
  return { kind, message: kind === "away" ? "The gateway does not answer." : message };
}

/** Whether waiting may mend it, so that asking again makes sense. */
export function passes(failure: Failure | null): boolean {
  return failure !== null && (failure.kind === "away" || failure.kind === "database" || failure.kind === "busy");
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}

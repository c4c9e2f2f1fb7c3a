/**
 * What is wrong with the pipeline: each problem says what it is, since when, and what to do.
 *
 * Pure: a history and the problems of the poll before give the problems of this one, most severe first.
 */

import { formatBytes, formatDuration, formatPercent, formatWhole } from "@/lib/format";
import { awayProcessors } from "./away";
import { ACKNOWLEDGE, earliest, producersOf } from "./facts";
import { type History, MISSED_MINUTES, rateOf, secondsToFull, since } from "./history";
import type { Answer, Producer } from "./snapshot";

/** Most severe first. */
export const KINDS = [
  "gateway",
  "unanswered",
  "lost",
  "fact",
  "nobody",
  "away",
  "unready",
  "filling",
  "lag",
  "dead",
  "silent",
  "unaccounted",
] as const;
export type Kind = (typeof KINDS)[number];

/** What is wrong now. */
interface Finding {
  kind: Kind;
  /** What of this kind: a processor, a producer. */
  subject?: string;
  sentence: string;
  advice: string;
  /** When it began, where the figures say so; milliseconds since 1970. */
  began?: number;
}

export interface Problem extends Omit<Finding, "began"> {
  /** The same from poll to poll. */
  key: string;
  /** When it began, or was first seen; milliseconds since 1970. */
  since: number;
  /** It was already so when the page first looked: it began at `since` or before. */
  orBefore: boolean;
}

export const LAG_SECONDS = 5;
export const FULL_SOON_SECONDS = 3_600;
export const HIGH_FILL = 0.8;
const RISING_SECONDS = 20;
export const SILENT_MILLIS = 60_000;
const FORGOTTEN_MILLIS = 3_600_000;
/** Batches in flight are unaccounted for a moment; that is no problem. */
const UNACCOUNTED_MILLIS = 10_000;

export function problemsOf(history: History, before: readonly Problem[]): Problem[] {
  const known = new Map(before.map((problem) => [problem.key, problem]));
  const first = history.latest.at === history.from;
  return findingsOf(history)
    .map(({ began, ...finding }) => {
      const key = `${finding.kind} ${finding.subject ?? ""}`;
      const earlier = known.get(key);
      return {
        ...finding,
        key,
        since: earlier?.since ?? began ?? history.latest.at,
        orBefore: earlier?.orBefore ?? (first && began === undefined),
      };
    })
    .toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

function findingsOf(history: History): Finding[] {
  const { latest } = history;
  const answers: Answer<unknown>[] = [latest.ledger, latest.processors, latest.summary];
  if (answers.every((answer) => "failed" in answer)) return [gatewayAway(history)];
  return [
    ...unanswered(history),
    ...lostBatches(history),
    ...otherFacts(history),
    ...nobodyAnswers(history),
    ...processorsAway(history),
    ...processorsNotReady(history),
    ...logsFilling(history),
    ...lagging(history),
    ...deadLetters(history),
    ...silentProducers(history),
    ...unaccounted(history),
  ];
}

function gatewayAway({ latest, answered }: History): Finding {
  const denied = [latest.ledger, latest.processors, latest.summary].find((answer) => "failed" in answer && answer.denied);
  const began = Math.max(answered.ledger ?? 0, answered.processors ?? 0, answered.summary ?? 0) || undefined;
  if (denied && "failed" in denied) {
    return {
      kind: "gateway",
      sentence: `The gateway refuses to answer: ${denied.failed}`,
      advice: "Write down an access token that it accepts, under Settings.",
      began,
    };
  }
  return {
    kind: "gateway",
    sentence: "The gateway does not answer.",
    advice:
      "Look whether its process runs and can be reached from here. Producers and processors go on without it: nothing is lost by this.",
    began,
  };
}

function unanswered({ latest, answered }: History): Finding[] {
  const questions = [
    ["ledger", "The ledger can't be read", "Look whether the database is up and the gateway can reach it. Processors keep what they receive in their logs."],
    ["processors", "The processors can't be asked", "Look whether their name resolves where the gateway runs: it is the gateway's setting “processors”."],
  ] as const;
  return questions.flatMap(([question, sentence, advice]) => {
    const answer = latest[question];
    return "failed" in answer
      ? [{ kind: "unanswered" as const, subject: question, sentence: `${sentence}: ${answer.failed}`, advice, began: answered[question] ?? undefined }]
      : [];
  });
}

/** Facts with a problem of their own kind. */
const KNOWN_FACTS: ReadonlySet<string> = new Set(["lost", "unaccounted"]);

function lostBatches({ summary, facts }: History): Finding[] {
  if (!summary?.lostBatches) return [];
  const lost = facts.filter(({ kind }) => kind === "lost");
  return [
    {
      kind: "lost",
      sentence: `${batches(summary.lostBatches)} lost${producersOf(lost)}.`,
      advice: `${lost[0]?.advice ?? "No processor has them and their producer does not hold them any more."} ${ACKNOWLEDGE}`,
      began: earliest(lost),
    },
  ];
}

/** Facts of a kind that a newer gateway knows say by themselves what they mean. */
function otherFacts({ facts }: History): Finding[] {
  const kinds = new Set(facts.map(({ kind }) => kind).filter((kind) => !KNOWN_FACTS.has(kind)));
  return [...kinds].map((kind) => {
    const found = facts.filter((fact) => fact.kind === kind);
    const count = found.reduce((sum, fact) => sum + fact.batches, 0);
    return {
      kind: "fact" as const,
      subject: kind,
      sentence: `${batches(count)} ${kind}${producersOf(found)}.`,
      advice: `${found[0]!.advice} ${ACKNOWLEDGE}`,
      began: earliest(found),
    };
  });
}

function nobodyAnswers({ summary, latest }: History): Finding[] {
  if (!("value" in latest.summary) || summary?.lagSeconds !== null) return [];
  return [
    {
      kind: "nobody",
      sentence: "No processor answers: nothing is taken, and lag is not known.",
      advice: "Producers keep what they read in their spools. Look at the processors' pods, and whether the gateway finds them by name.",
      began: summary.lastCommit ?? undefined,
    },
  ];
}

function processorsAway(history: History): Finding[] {
  return awayProcessors(history).map(({ name, lastAnswer }) => ({
    kind: "away",
    subject: name,
    sentence: `${name} does not answer.`,
    advice: `Look whether its process runs: kubectl describe pod and the log of its last run say why it ended. Its producers go on with the other processors, and what its log holds is written when it is back. One that was taken away on purpose leaves this page after ${MISSED_MINUTES} minutes.`,
    began: lastAnswer ?? undefined,
  }));
}

function processorsNotReady({ processors }: History): Finding[] {
  return processors
    .filter(({ answers, ready }) => answers && !ready)
    .map(({ name }) => ({
      kind: "unready",
      subject: name,
      sentence: `${name} answers but takes no new streams.`,
      advice: "It is starting, or stopping and writing what its log holds. If this lasts for minutes, its log says what it waits for.",
    }));
}

function logsFilling({ processors, samples }: History): Finding[] {
  return processors.flatMap(({ name, answers, walFill, walBytes }) => {
    const full = secondsToFull(samples, name);
    const soon = full !== null && full < FULL_SOON_SECONDS;
    if (!answers || (walFill < HIGH_FILL && !soon)) return [];
    const when = full === null ? "" : `, full in ${formatDuration(full)} at this rate`;
    return [
      {
        kind: "filling" as const,
        subject: name,
        sentence: `The log of ${name} is ${formatPercent(walFill)} full (${formatBytes(walBytes)})${when}.`,
        advice:
          "It fills while the database takes less than what comes in: look at the database's load, locks and disk. When it is full, the processor gives no more credit and producers keep their batches in their spools.",
      },
    ];
  });
}

function lagging({ processors, summary, samples, latest }: History): Finding[] {
  const behind = processors.filter(({ answers, lagSeconds }) => answers && lagSeconds >= LAG_SECONDS);
  const lag = summary?.lagSeconds ?? 0;
  if (lag < LAG_SECONDS && !behind.length) return [];
  const worst = Math.max(lag, ...behind.map(({ lagSeconds }) => lagSeconds));
  const rising = (rateOf(since(samples, RISING_SECONDS), (sample) => sample.lagSeconds ?? undefined) ?? 0) > 0;
  const where = behind.length ? `; unwritten batches wait in ${behind.map(({ name }) => name).join(", ")}` : "";
  return [
    {
      kind: "lag",
      sentence: `Records take ${formatDuration(worst)} to be stored${rising ? ", and it is rising" : ""}${where}.`,
      advice: behind.length
        ? "The database is slower than what comes in: look at its load, locks and disk."
        : "Nothing waits in the processors: records come late from their producers. Look at the producers' spools and at the network between.",
      began: latest.at - worst * 1000,
    },
  ];
}

function deadLetters({ producers, samples }: History): Finding[] {
  const lately = since(samples, 60);
  const first = lately[0];
  const last = lately.at(-1);
  return producers.flatMap(({ spool, name }) => {
    const more = (last?.deadLetters.get(spool) ?? 0) - (first?.deadLetters.get(spool) ?? last?.deadLetters.get(spool) ?? 0);
    if (more <= 0) return [];
    return [
      {
        kind: "dead" as const,
        subject: spool,
        sentence: `${name} sent ${formatWhole(more)} ${more === 1 ? "record" : "records"} within the last minute that can't be stored as they are.`,
        advice: "They are kept as dead letters, each with its reason: the table logmesh.dead_letters. Mostly a new version of a service writes something malformed.",
      },
    ];
  });
}

/** A producer that wrote under an hour ago and not since, unless another spool of the same name writes. */
// A file that is shipped once ends, and is no problem: silent is who went on storing for a while under the reader's eyes.
function silentProducers({ producers, latest, answered, from }: History): Finding[] {
  if ("failed" in latest.ledger || answered.ledger === null) return [];
  const newest = new Map<string, Producer & { lastCommit: number }>();
  for (const producer of producers) {
    const { name, lastCommit } = producer;
    if (lastCommit !== null && lastCommit > (newest.get(name)?.lastCommit ?? 0)) newest.set(name, { ...producer, lastCommit });
  }
  return [...newest.values()]
    .filter(({ lastCommit }) => lastCommit - from > SILENT_MILLIS && latest.at - lastCommit > SILENT_MILLIS && latest.at - lastCommit < FORGOTTEN_MILLIS)
    .map(({ name, lastCommit }) => ({
      kind: "silent",
      subject: name,
      sentence: `Nothing was stored of ${name} for ${formatDuration((latest.at - lastCommit) / 1000)}.`,
      advice: "Look whether it runs and its services write anything. What it could not send is in its spool, and comes when it can.",
      began: lastCommit,
    }));
}

function unaccounted(history: History): Finding[] {
  const { summary, samples, latest, facts } = history;
  const lately = samples.filter((sample) => sample.at >= latest.at - UNACCOUNTED_MILLIS);
  const lasting = samples.some((sample) => sample.at <= latest.at - UNACCOUNTED_MILLIS) && lately.every((sample) => sample.unaccounted > 0);
  const standing = facts.filter(({ kind }) => kind === "unaccounted");
  if (!summary?.unaccountedBatches || !(lasting || standing.length)) return [];
  const away = awayProcessors(history).map(({ name }) => name);
  const passing =
    "They are in a producer's spool or a processor's log and mostly come within a minute. If this stays, look at the producers with missing numbers below.";
  return [
    {
      kind: "unaccounted",
      sentence: `${batches(summary.unaccountedBatches)} unaccounted for: later ones are stored, these are not${producersOf(standing)}.`,
      advice: away.length
        ? `They may be in the log of ${away.join(", ")}, and then come when it is back. They are not lost.`
        : standing[0]
          ? `${standing[0].advice} ${ACKNOWLEDGE}`
          : passing,
      began: earliest(standing),
    },
  ];
}

function batches(count: number): string {
  return count === 1 ? "1 batch is" : `${formatWhole(count)} batches are`;
}

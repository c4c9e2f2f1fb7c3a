import { describe, expect, test } from "vitest";
import { KINDS, type Problem } from "./problems";
import type { Snapshot } from "./snapshot";
import { type Answers, fact, NOON, processor, producer, silentProcessor, snapshot, summary } from "./testing";
import { observe, type Watch } from "./watch";

const GONE = { failed: "fetch failed", denied: false };

/** The problems after these polls. */
function after(...taken: Snapshot[]): readonly Problem[] {
  return taken.reduce<Watch | undefined>(observe, undefined)!.problems;
}

/** Polls every 2 seconds from noon. */
function polls(count: number, change: (seconds: number) => Answers): Snapshot[] {
  return Array.from({ length: count }, (_, index) => snapshot(index * 2, change(index * 2)));
}

const kinds = (problems: readonly Problem[]) => problems.map(({ kind }) => kind);
const second = (count: number) => NOON + count * 1000;

test("a pipeline that is well has no problem", () => {
  expect(after(...polls(40, () => ({})))).toEqual([]);
});

describe("gateway", () => {
  test("no answer is one problem, since the last answer, whatever else was wrong", () => {
    const away = { producers: GONE, processors: GONE, summary: GONE };
    const problems = after(snapshot(0, { summary: summary({ lostBatches: 1 }) }), snapshot(2, away), snapshot(4, away));
    expect(problems).toMatchObject([{ kind: "gateway", since: NOON, orBefore: false, sentence: "The gateway does not answer." }]);
  });

  test("away from the first poll on, since then or before", () => {
    const away = { producers: GONE, processors: GONE, summary: GONE };
    expect(after(snapshot(0, away), snapshot(2, away))).toMatchObject([{ kind: "gateway", since: NOON, orBefore: true }]);
  });

  test("a refusal says that it wants a token", () => {
    const denied = { failed: "a token is missing", denied: true };
    const [problem] = after(snapshot(0, { producers: denied, processors: denied, summary: denied }));
    expect(problem?.sentence).toBe("The gateway refuses to answer: a token is missing");
    expect(problem?.advice).toContain("Settings");
  });

  test("it ends with the next answer", () => {
    expect(after(snapshot(0, { producers: GONE, processors: GONE, summary: GONE }), snapshot(2))).toEqual([]);
  });

  test("a database that is away is told from a gateway that is", () => {
    const failed = { failed: "the database can't be reached", denied: false };
    const problems = after(snapshot(0), snapshot(2, { producers: failed, summary: failed }));
    expect(problems).toMatchObject([
      { kind: "unanswered", sentence: "The ledger can't be read: the database can't be reached", since: NOON },
    ]);
  });
});

describe("facts", () => {
  test("lost batches name their producers, since when, and how the fact ends", () => {
    const facts = [fact({ batches: 3 }), fact({ since: NOON - 60_000, batches: 1 })];
    const [problem, ...others] = after(snapshot(0), snapshot(2, { facts, summary: summary({ lostBatches: 4 }) }));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ kind: "lost", sentence: "4 batches are lost: log-producer-0 4.", since: NOON - 7_200_000, orBefore: false });
    expect(problem?.advice).toContain("Look at its disk. When it is dealt with, logmesh acknowledge");
  });

  test("a loss whose facts can't be listed is still a loss", () => {
    expect(after(snapshot(0, { facts: GONE, summary: summary({ lostBatches: 4 }) }))).toMatchObject([{ sentence: "4 batches are lost." }]);
  });

  test("a producer that fell silent with a gap is named, since it was last heard of", () => {
    const facts = [fact({ kind: "unaccounted", batches: 2 })];
    expect(after(snapshot(0, { facts, summary: summary({ unaccountedBatches: 2 }) }))).toMatchObject([
      { kind: "unaccounted", since: NOON - 7_200_000, sentence: expect.stringMatching(/log-producer-0 2\.$/) },
    ]);
  });

  test("of a kind that is not known here are shown as they are", () => {
    const facts = [fact({ kind: "rewound", batches: 2, advice: "A spool was put back." })];
    expect(after(snapshot(0, { facts }))).toMatchObject([{ kind: "fact", subject: "rewound", sentence: "2 batches are rewound: log-producer-0 2." }]);
  });
});

test("a lag that nobody knows is a problem, since the last commit", () => {
  const problems = after(snapshot(0), snapshot(2, { processors: [silentProcessor("log-processor-0")], summary: summary({ lagSeconds: null }) }));
  expect(problems).toMatchObject([
    { kind: "nobody", sentence: "No processor answers: nothing is taken, and lag is not known.", since: NOON },
    { kind: "away" },
  ]);
});

describe("a processor that is away", () => {
  test("is named, since its last answer, and until it is back", () => {
    const down = { processors: [silentProcessor("log-processor-0")] };
    expect(after(snapshot(0), snapshot(2), snapshot(6, down), snapshot(10, down))).toMatchObject([
      { kind: "away", subject: "log-processor-0", sentence: "log-processor-0 does not answer.", since: second(2), orBefore: false },
    ]);
    expect(after(snapshot(0), snapshot(2, down), snapshot(4))).toEqual([]);
  });

  test("is named too when only its address is listed", () => {
    expect(after(snapshot(0), snapshot(2, { processors: [silentProcessor("127.0.0.3:4317")] }))).toMatchObject([
      { kind: "away", subject: "log-processor-0", since: NOON },
    ]);
  });

  test("is named too when it is not listed any more", () => {
    expect(after(snapshot(0), snapshot(2, { processors: [] }))).toMatchObject([{ kind: "away", subject: "log-processor-0" }]);
  });

  test("goes by its address when it was never seen", () => {
    expect(after(snapshot(0, { processors: [processor(), silentProcessor("127.0.0.3:4317")] }))).toMatchObject([
      { kind: "away", subject: "127.0.0.3:4317", since: NOON, orBefore: true },
    ]);
  });

  test("stays away while the processors can't be asked", () => {
    const down = { processors: [silentProcessor("log-processor-0")] };
    const problems = after(snapshot(0), snapshot(2, down), snapshot(4, { processors: GONE }));
    expect(kinds(problems)).toEqual(["unanswered", "away"]);
  });
});

test("a processor that takes no streams is not ready", () => {
  expect(after(snapshot(0, { processors: [processor({ ready: false })] }))).toMatchObject([
    { kind: "unready", sentence: "log-processor-0 answers but takes no new streams." },
  ]);
});

describe("a write-ahead log", () => {
  test("that will be full within the hour says when", () => {
    const problems = after(...polls(6, (seconds) => ({ processors: [processor({ walFill: 0.1 + seconds / 100 })] })));
    expect(problems).toMatchObject([{ kind: "filling", sentence: "The log of log-processor-0 is 20% full (64 MB), full in 80 s at this rate." }]);
  });

  test("that is nearly full is a problem even when it stands", () => {
    const problems = after(...polls(3, () => ({ processors: [processor({ walFill: 0.85 })] })));
    expect(problems).toMatchObject([{ kind: "filling", sentence: "The log of log-processor-0 is 85% full (64 MB)." }]);
  });

  test("that took one more segment is none", () => {
    expect(after(...polls(6, (seconds) => ({ processors: [processor({ walFill: seconds < 6 ? 0.1 : 0.3 })] })))).toEqual([]);
  });

  test("that empties is none", () => {
    expect(after(...polls(6, (seconds) => ({ processors: [processor({ walFill: 0.5 - seconds / 100 })] })))).toEqual([]);
  });
});

describe("lag", () => {
  test("that rises says so, and where batches wait", () => {
    const problems = after(
      ...polls(5, (seconds) => ({
        processors: [processor({ lagSeconds: 4 + seconds, unwrittenBatches: 3 })],
        summary: summary({ lagSeconds: 4 + seconds }),
      })),
    );
    expect(problems).toMatchObject([
      { kind: "lag", sentence: "Records take 12 s to be stored, and it is rising; unwritten batches wait in log-processor-0." },
    ]);
  });

  test("without anything that waits is the producers'", () => {
    const [problem] = after(snapshot(0, { summary: summary({ lagSeconds: 30 }) }));
    expect(problem).toMatchObject({ sentence: "Records take 30 s to be stored.", since: second(-30), orBefore: false });
    expect(problem?.advice).toContain("producers' spools");
  });
});

describe("dead letters", () => {
  test("that become more are counted over a minute", () => {
    const problems = after(
      ...polls(3, (seconds) => ({ producers: [producer({ deadLetters: 7 + seconds, lastCommit: second(seconds) })] })),
    );
    expect(problems).toMatchObject([{ kind: "dead", sentence: "log-producer-0 sent 4 records within the last minute that can't be stored as they are." }]);
  });

  test("of before are none", () => {
    expect(after(...polls(3, (seconds) => ({ producers: [producer({ deadLetters: 7, lastCommit: second(seconds) })] })))).toEqual([]);
  });

  test("are forgotten a minute after the last", () => {
    const risen = polls(40, (seconds) => ({ producers: [producer({ deadLetters: seconds < 10 ? 0 : 1, lastCommit: second(seconds) })] }));
    expect(after(...risen)).toEqual([]);
  });
});

describe("a producer", () => {
  test("that wrote and does not is silent, since its last commit", () => {
    const stored = { producers: [producer({ lastCommit: second(100) })] };
    expect(after(snapshot(0), snapshot(100, stored), snapshot(190, stored))).toMatchObject([
      { kind: "silent", subject: "log-producer-0", since: second(100), orBefore: false, sentence: "Nothing was stored of log-producer-0 for 90 s." },
    ]);
  });

  test("that had ended before, or ends soon, has done what it was asked to do", () => {
    expect(after(snapshot(90, { producers: [producer()] }))).toEqual([]);
    expect(after(snapshot(0), snapshot(190, { producers: [producer({ lastCommit: second(30) })] }))).toEqual([]);
  });

  test("that goes on with another spool is not", () => {
    const again = producer({ spool: "other", lastCommit: second(89) });
    expect(after(snapshot(90, { producers: [producer(), again] }))).toEqual([]);
  });

  test("that is gone for an hour is forgotten", () => {
    expect(after(snapshot(3_700, { producers: [producer()] }))).toEqual([]);
  });
});

describe("unaccounted batches", () => {
  const open = () => ({ summary: summary({ unaccountedBatches: 1 }) });

  test("are a problem when they stay", () => {
    expect(after(...polls(4, open))).toEqual([]);
    expect(after(...polls(7, open))).toMatchObject([{ kind: "unaccounted", sentence: "1 batch is unaccounted for: later ones are stored, these are not." }]);
  });

  test("are none when they come and go", () => {
    expect(after(...polls(20, (seconds) => (seconds % 6 ? open() : {})))).toEqual([]);
  });

  test("may be with the processor that is away", () => {
    const problems = after(snapshot(0), ...polls(8, open).map((poll) => ({ ...poll, processors: { value: [silentProcessor("log-processor-0")] } })));
    expect(kinds(problems)).toEqual(["away", "unaccounted"]);
    expect(problems[1]?.advice).toContain("log of log-processor-0");
  });
});

test("the most severe comes first", () => {
  const problems = after(
    snapshot(0),
    snapshot(240, {
      producers: [producer({ lastCommit: second(100) })],
      processors: [processor({ walFill: 0.9 }), processor({ name: "log-processor-1", ready: false }), silentProcessor("log-processor-2")],
      summary: summary({ lostBatches: 2, lagSeconds: 9 }),
    }),
  );
  expect(kinds(problems)).toEqual(["lost", "away", "unready", "filling", "lag", "silent"]);
  expect(kinds(problems)).toEqual(KINDS.filter((kind) => kinds(problems).includes(kind)));
});

test("what was so at the first poll began then or before, what came later began then, and a return begins anew", () => {
  const unready = { processors: [processor({ ready: false })] };
  expect(after(snapshot(0, unready), snapshot(2, unready))).toMatchObject([{ since: NOON, orBefore: true }]);
  expect(after(snapshot(0), snapshot(2, unready), snapshot(4, unready))).toMatchObject([{ since: second(2), orBefore: false }]);
  expect(after(snapshot(0, unready), snapshot(2), snapshot(4, unready))).toMatchObject([{ since: second(4), orBefore: false }]);
});

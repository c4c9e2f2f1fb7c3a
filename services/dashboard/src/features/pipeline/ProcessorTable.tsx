import { formatBytes, formatCount, formatDuration, formatPercent, formatTime, formatWhole, type Zone } from "@/lib/format";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";
import { type Away, awayProcessors } from "./away";
import { type History, secondsToFull, writeRate } from "./history";
import { FULL_SOON_SECONDS, HIGH_FILL, LAG_SECONDS } from "./problems";
import type { Processor } from "./snapshot";
import { type Column, Table } from "./Table";

interface Row {
  name: string;
  /** Null while it is away; then `away` says more. */
  state: Processor | null;
  away: Away | null;
  secondsToFull: number | null;
  /** Records a second. */
  writeRate: number | null;
}

/** Each processor, those that are away too, with its write-ahead log. */
export function ProcessorTable({ history, zone }: { history: History; zone: Zone }) {
  return <Table label="Processors" columns={columnsIn(zone)} rows={rowsOf(history)} rowKey={({ name }) => name} />;
}

function rowsOf(history: History): Row[] {
  const present = history.processors
    .filter(({ answers }) => answers)
    .map((state) => ({
      name: state.name,
      state,
      away: null,
      secondsToFull: secondsToFull(history.samples, state.name),
      writeRate: writeRate(history.samples, state.name),
    }));
  const absent = awayProcessors(history).map((away) => ({ name: away.name, state: null, away, secondsToFull: null, writeRate: null }));
  return [...present, ...absent].toSorted((a, b) => a.name.localeCompare(b.name));
}

const columnsIn = (zone: Zone): readonly Column<Row>[] => [
  { name: "Processor", cell: ({ name }) => <span className="wrap-anywhere">{visible(name)}</span> },
  { name: "State", cell: ({ state, away }) => <State state={state} away={away} zone={zone} /> },
  { name: "Streams", figure: true, cell: ({ state }) => state && formatWhole(state.streams) },
  {
    name: "Writes",
    figure: true,
    cell: ({ state, writeRate: rate }) => state && (rate === null ? <Nothing /> : `${formatCount(Math.round(rate))}/s`),
  },
  { name: "Log", figure: true, cell: ({ state }) => state && formatBytes(state.walBytes) },
  { name: "Full", figure: true, cell: ({ state }) => state && <Fill part={state.walFill} /> },
  { name: "Full in", figure: true, cell: ({ state, secondsToFull: left }) => state && <TimeToFull seconds={left} /> },
  {
    name: "Unwritten",
    figure: true,
    cell: ({ state }) => state && <span className={cx(!state.unwrittenBatches && "text-muted")}>{formatWhole(state.unwrittenBatches)}</span>,
  },
  {
    name: "Oldest",
    figure: true,
    cell: ({ state }) =>
      state &&
      (state.unwrittenBatches ? (
        <span className={cx(state.lagSeconds >= LAG_SECONDS && "font-semibold text-caution")}>{formatDuration(state.lagSeconds)}</span>
      ) : (
        <Nothing />
      )),
  },
  {
    name: "Errors",
    figure: true,
    cell: ({ state }) =>
      state && <span className={cx(state.writeErrors ? "font-semibold text-caution" : "text-muted")}>{formatWhole(state.writeErrors)}</span>,
  },
  { name: "Live tails", figure: true, cell: ({ state }) => state && formatWhole(state.tails) },
  { name: "Track", cell: ({ state }) => state?.track },
  { name: "Version", cell: ({ state }) => state && visible(state.version) },
];

function State({ state, away, zone }: { state: Processor | null; away: Away | null; zone: Zone }) {
  if (state) {
    return (
      <Mark colour={state.ready ? "bg-good" : "bg-caution"} text={state.ready ? undefined : "text-caution"}>
        {state.ready ? "ready" : "not ready"}
      </Mark>
    );
  }
  const last = away?.lastAnswer;
  return (
    <Mark colour="bg-bad" text="font-semibold text-bad">
      away{last ? <span className="font-normal">, last heard {formatTime(BigInt(last) * 1_000_000n, zone).slice(0, 8)}</span> : null}
    </Mark>
  );
}

function Mark({ colour, text, children }: { colour: string; text?: string; children: React.ReactNode }) {
  return (
    <span className={cx("inline-flex items-center gap-1.5 whitespace-nowrap", text)}>
      <span aria-hidden className={cx("h-2 w-2 shrink-0 rounded-full", colour)} />
      <span>{children}</span>
    </span>
  );
}

function Fill({ part }: { part: number }) {
  const high = part >= HIGH_FILL;
  return (
    <span className="inline-flex items-center gap-2">
      <span aria-hidden className="hidden h-1.5 w-16 overflow-hidden rounded-full bg-sunken sm:block">
        <span className={cx("block h-full", high ? "bg-caution" : "bg-accent")} style={{ width: `${Math.min(1, part) * 100}%` }} />
      </span>
      <span className={cx(high && "font-semibold text-caution")}>{formatPercent(part)}</span>
    </span>
  );
}

function TimeToFull({ seconds }: { seconds: number | null }) {
  if (seconds === null) return <Nothing />;
  return <span className={cx(seconds < FULL_SOON_SECONDS && "font-semibold text-caution")}>{formatDuration(seconds)}</span>;
}

function Nothing() {
  return <span className="text-muted">–</span>;
}

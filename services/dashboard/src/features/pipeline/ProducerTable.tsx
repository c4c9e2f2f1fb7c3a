import { formatCount, formatDateTime, formatDuration, formatWhole, type Zone } from "@/lib/format";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";
import { type History, RATE_SECONDS, rateOf, since } from "./history";
import { LAG_SECONDS, SILENT_MILLIS } from "./problems";
import type { Producer, Range } from "./snapshot";
import { type Column, Table } from "./Table";

/** So many ranges are written out. */
const SHOWN_RANGES = 4;

/** Each producer's spool: which of its batches were received, and which were not. */
export function ProducerTable({ history, zone }: { history: History; zone: Zone }) {
  return <Table label="Producers" columns={columnsFor(history, zone)} rows={history.producers} rowKey={({ spool }) => spool} />;
}

const columnsFor = ({ samples, latest }: History, zone: Zone): readonly Column<Producer>[] => [
  {
    name: "Producer",
    cell: ({ name, spool }) => (
      <span title={`Spool ${spool}`} className="wrap-anywhere">
        {visible(name)} <span className="font-mono text-xs text-muted">{spool.slice(0, 8)}</span>
      </span>
    ),
  },
  { name: "Received", figure: true, cell: ({ lastSeq }) => (lastSeq ? `1…${formatWhole(lastSeq)}` : "–") },
  { name: "Missing", cell: ({ missing, missingBatches }) => <Ranges ranges={missing} batches={missingBatches} look="text-caution" /> },
  { name: "Lost of these", cell: ({ lost, lostBatches }) => <Ranges ranges={lost} batches={lostBatches} look="text-bad" /> },
  { name: "Stored", figure: true, cell: ({ stored }) => <span title={`${formatWhole(stored)} records`}>{formatCount(stored)}</span> },
  { name: "Per second", figure: true, cell: ({ spool }) => rateText(rateOf(since(samples, RATE_SECONDS), (sample) => sample.stored.get(spool))) },
  {
    name: "Dead letters",
    figure: true,
    cell: ({ deadLetters }) => <span className={cx(deadLetters ? "font-semibold text-caution" : "text-muted")}>{formatWhole(deadLetters)}</span>,
  },
  { name: "Last seen", figure: true, cell: ({ lastCommit }) => <LastSeen at={lastCommit} now={latest.at} zone={zone} /> },
  {
    name: "Lag",
    figure: true,
    cell: ({ lagSeconds }) => (
      <span className={cx(lagSeconds >= LAG_SECONDS && "font-semibold text-caution")}>{formatDuration(lagSeconds)}</span>
    ),
  },
];

function Ranges({ ranges, batches, look }: { ranges: readonly Range[]; batches: number; look: string }) {
  if (!ranges.length) return <span className="text-muted">none</span>;
  return (
    <span className={cx("font-semibold tabular-nums", look)}>
      {ranges.slice(0, SHOWN_RANGES).map(rangeText).join(" ")}
      <span className="font-normal">
        {ranges.length > SHOWN_RANGES && " and more"} = {formatWhole(batches)}
      </span>
    </span>
  );
}

function rangeText({ first, last }: Range): string {
  return first === last ? `[${formatWhole(first)}]` : `[${formatWhole(first)}–${formatWhole(last)}]`;
}

function rateText(rate: number | null): string {
  return rate === null ? "…" : formatCount(Math.round(rate));
}

function LastSeen({ at, now, zone }: { at: number | null; now: number; zone: Zone }) {
  if (at === null) return <span className="text-muted">never</span>;
  const seconds = Math.max(0, (now - at) / 1000);
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={formatDateTime(BigInt(Math.round(at)) * 1_000_000n, zone)}
      className={cx(seconds * 1000 > SILENT_MILLIS && "text-caution")}
    >
      {seconds < 2 ? "now" : `${formatDuration(seconds)} ago`}
    </time>
  );
}

import { formatWhole } from "@/lib/format";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";
import type { Hop } from "./hops";
import { type Column, Table } from "./Table";

/** Each hop, and where everything that went into it is. */
export function HopTable({ hops }: { hops: readonly Hop[] }) {
  return <Table label="Hops" columns={COLUMNS} rows={hops} rowKey={({ name }) => name} />;
}

const COLUMNS: readonly Column<Hop>[] = [
  {
    name: "Hop",
    cell: ({ name, unit }) => (
      <>
        {name} <span className="text-muted">({unit})</span>
      </>
    ),
  },
  { name: "In", figure: true, cell: (hop) => formatWhole(hop.in) },
  { name: "= out", figure: true, cell: (hop) => formatWhole(hop.out) },
  { name: "+ buffered", figure: true, cell: (hop) => <Part count={hop.buffered} look="font-semibold" /> },
  { name: "+ rejected", figure: true, cell: (hop) => <Rejected hop={hop} /> },
  { name: "+ lost", figure: true, cell: (hop) => <Part count={hop.lost} look="font-semibold text-bad" /> },
  { name: "+ unaccounted", figure: true, cell: (hop) => <Part count={hop.unaccounted} look="font-semibold text-caution" /> },
];

function Part({ count, look }: { count: number; look: string }) {
  return <span className={cx(count ? look : "text-muted")}>{formatWhole(count)}</span>;
}

/** The count, and the reasons that processors gave since they started. */
function Rejected({ hop }: { hop: Hop }) {
  return (
    <>
      <Part count={hop.rejected} look="font-semibold text-caution" />
      {hop.reasons.map(({ reason, records }) => (
        <span key={reason} className="block text-muted wrap-anywhere">
          {formatWhole(records)} since start: {visible(reason)}
        </span>
      ))}
    </>
  );
}

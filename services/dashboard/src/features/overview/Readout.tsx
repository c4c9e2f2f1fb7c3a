/** The legend of the histogram, which tells the figures of the marked buckets, or of all. A click on a layer shows it alone. */

import { formatCount, formatWhole, type Zone } from "@/lib/format";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";
import { changeSince, period, within } from "./bucketTexts";
import { type Buckets, type Layer, sum } from "./series";

interface ReadoutProps {
  buckets: Buckets;
  /** The buckets to tell of: first and last; null for all. */
  told: readonly [number, number] | null;
  zone: Zone;
  /** The layer that is shown alone. */
  alone: string | null;
  onAlone: (label: string | null) => void;
}

export function Readout({ buckets, told, zone, alone, onAlone }: ReadoutProps) {
  const [first, last] = told ?? [0, buckets.times.length - 1];
  const count = (layer: Layer) => within(layer.values, first, last);
  const before = told && buckets.before ? `before ${formatCount(within(buckets.before.values, first, last))}` : changeSince(buckets);
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-3 px-3 pt-1 sm:pr-44 text-xs tabular-nums">
      <p className="max-sm:flex max-sm:h-9 max-sm:w-full max-sm:items-center max-sm:gap-1 max-sm:pr-40">
        {told && <span className="font-mono text-muted">{period(buckets, first, last, zone)} </span>}
        <strong className="text-sm">{formatWhole(sum(buckets.layers.map(count)))}</strong> records
      </p>
      {/* A narrow page has room for one line of them, which is scrolled sideways. */}
      <div className="flex items-center gap-x-3 max-sm:w-full max-sm:overflow-x-auto max-sm:pb-0.5 max-sm:whitespace-nowrap sm:contents">
        <ul className="flex items-center max-sm:shrink-0 sm:flex-wrap" aria-label="Layers">
          {buckets.layers.map((layer) => (
            <li key={layer.label}>
              <button
                type="button"
                aria-pressed={alone === layer.label}
                title={alone === layer.label ? "Show all" : `Show ${visible(layer.label)} alone`}
                onClick={() => onAlone(alone === layer.label ? null : layer.label)}
                className={cx(
                  "flex h-6 items-center gap-1 rounded px-1.5 outline-offset-[-2px] hover:bg-sunken",
                  alone === layer.label && "bg-accent-wash",
                  alone !== null && alone !== layer.label && "text-muted",
                )}
              >
                <span aria-hidden className="h-2 w-2 rounded-xs" style={{ background: `var(--${layer.colour})` }} />
                <span className="max-w-40 truncate">{visible(layer.label)}</span>
                <span className="text-muted">{formatCount(count(layer))}</span>
              </button>
            </li>
          ))}
        </ul>
        {before && (
          <p className="flex shrink-0 items-center gap-1 text-muted">
            <span aria-hidden className="w-4 border-t border-dashed border-strong-line" />
            {before}
          </p>
        )}
      </div>
    </div>
  );
}

/** One template: how often, how severe, by whom, and its newest record. */

import { usePreferences } from "@/app/preferences";
import type { Pattern } from "@/gen/logmesh/v1/query_service_pb";
import { formatDateTime, formatPercent, formatWhole } from "@/lib/format";
import { levelOf } from "@/lib/levels";
import { lineText } from "@/features/records/face";
import { visible } from "@/lib/text";
import { LevelMark } from "@/ui/LevelMark";

/** An example is cut here; it is whole among the records. */
const EXAMPLE_CHARACTERS = 2_000;

interface PatternRowProps {
  pattern: Pattern;
  /** Of all records that were looked at, from 0 to 1. */
  share: number;
  /** Missing when the template has no fixed piece to look for. */
  onNarrow: (() => void) | undefined;
}

export function PatternRow({ pattern, share, onNarrow }: PatternRowProps) {
  const { zone } = usePreferences();
  const { example } = pattern;
  return (
    <tr className="border-t border-line align-top hover:bg-sunken">
      <td className="px-3 py-1.5 text-right tabular-nums">{formatWhole(pattern.count)}</td>
      <td className="hidden w-28 px-3 py-1.5 text-xs text-muted tabular-nums sm:table-cell">
        {formatPercent(share)}
        <span aria-hidden className="mt-0.5 block h-1 rounded bg-line">
          <span className="block h-full rounded bg-strong-line" style={{ width: `${share * 100}%` }} />
        </span>
      </td>
      <td className="px-3 py-2">
        <LevelMark level={levelOf(pattern.severityNumber)} />
      </td>
      <td className="w-full max-w-0 px-3 py-1.5">
        <div className="flex items-baseline gap-2">
          {pattern.isNew && (
            <span className="shrink-0 rounded bg-caution-wash px-1.5 text-xs text-caution" title="The period before does not have it">
              new
            </span>
          )}
          {onNarrow ? (
            <button
              type="button"
              onClick={onNarrow}
              title={`Show its records alone: ${lineText(pattern.template)}`}
              className="min-w-0 truncate text-left font-mono text-xs leading-5 outline-offset-[-1px] hover:underline"
            >
              <Template text={pattern.template} />
            </button>
          ) : (
            <span className="truncate font-mono text-xs leading-5">
              <Template text={pattern.template} />
            </span>
          )}
        </div>
        {example && (
          <details className="text-xs text-muted">
            <summary className="cursor-pointer">Example</summary>
            <p className="py-1">{formatDateTime(example.timeUnixNano, zone)}</p>
            <pre className="rounded bg-sunken p-2 font-mono break-all whitespace-pre-wrap text-ink">
              {visible(example.body.slice(0, EXAMPLE_CHARACTERS)) || "Its line is too long to come along."}
              {example.body.length > EXAMPLE_CHARACTERS && "…"}
            </pre>
          </details>
        )}
      </td>
      <td className="hidden max-w-48 truncate px-3 py-1.5 text-muted sm:table-cell" title={pattern.services.map(visible).join(", ")}>
        {pattern.services.map(visible).join(", ")}
      </td>
    </tr>
  );
}

/** A template with what varies set apart. */
function Template({ text }: { text: string }) {
  return lineText(text)
    .split("<*>")
    .map((piece, index) => (
      // Pieces have no identity but their place.
      // oxlint-disable-next-line react/no-array-index-key
      <span key={index}>
        {index > 0 && <span className="rounded-xs bg-sunken px-0.5 text-muted">&lt;*&gt;</span>}
        {piece}
      </span>
    ));
}

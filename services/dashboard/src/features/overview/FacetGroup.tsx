/** One field's most frequent values with their counts, each to include, to exclude or to have alone. */

import { Check, Crosshair, Minus, X } from "lucide-react";
import { usePreferences } from "@/app/preferences";
import type { Facet, FacetValue } from "@/gen/logmesh/v1/query_service_pb";
import { formatCount, formatDateTime, formatPercent, formatWhole } from "@/lib/format";
import { LEVELS, levelNamed } from "@/lib/levels";
import { visible } from "@/lib/text";
import { IconButton } from "@/ui/Button";
import { LevelMark } from "@/ui/LevelMark";
import { cx } from "@/ui/cx";
import { nanosOf } from "./series";
import { type Choice, exclude, include, only } from "./valueChoice";

const NAMES: Record<string, string> = { "resource.service.version": "version" };

interface FacetGroupProps {
  facet: Facet;
  filter: string;
  choice: Choice;
  onFilter: (filter: string) => void;
  /** Given for a field that the reader has added. */
  onRemove?: () => void;
}

export function FacetGroup({ facet, filter, choice, onFilter, onRemove }: FacetGroupProps) {
  const { zone } = usePreferences();
  const name = visible(NAMES[facet.field] ?? facet.field);
  const countedFrom = nanosOf(facet.countedFrom);
  const from = countedFrom === null ? "" : formatDateTime(countedFrom, zone);
  return (
    <section aria-label={name} className="px-1 pb-2">
      <div className="flex min-h-8 items-center gap-2 px-2">
        <h3 className="min-w-0 flex-1 truncate text-xs font-semibold" title={visible(facet.field)}>
          {name}
        </h3>
        {!facet.exact && (
          <span className="text-xs text-caution" title={`There are more than could be counted: these are the newest of them${from && `, from ${from} on`}.`}>
            newest {formatCount(facet.counted)}
            {from && `, from ${from.slice(11, 16)}`}
          </span>
        )}
        {onRemove && (
          <IconButton label={`Remove the facet ${name}`} onClick={onRemove} className="h-6 w-6">
            <X aria-hidden size={14} />
          </IconButton>
        )}
      </div>
      <ul>
        {inOrder(facet).map((value) => (
          <Value
            key={value.value}
            name={name}
            field={facet.field}
            value={value}
            share={facet.counted ? Number(value.count) / Number(facet.counted) : 0}
            state={choice.included.has(value.value) ? "included" : choice.excluded.has(value.value) ? "excluded" : "free"}
            onInclude={() => onFilter(include(filter, facet.field, value.value))}
            onExclude={() => onFilter(exclude(filter, facet.field, value.value))}
            onOnly={() => onFilter(only(filter, facet.field, value.value))}
          />
        ))}
      </ul>
      {facet.rest > 0n && (
        <p className="flex justify-between px-2 pt-0.5 text-xs text-muted tabular-nums">
          <span>{facet.values.length ? "others, or none" : "no record has it"}</span>
          {facet.values.length > 0 && formatCount(facet.rest)}
        </p>
      )}
      {facet.counted === 0n && <p className="px-2 text-xs text-muted">no records</p>}
    </section>
  );
}

/** Levels by severity, as everywhere; other values as they come, the most frequent first. */
function inOrder({ field, values }: Facet): FacetValue[] {
  if (field !== "level") return values;
  const rank = ({ value }: FacetValue) => LEVELS.indexOf(levelNamed(value));
  return values.toSorted((one, other) => rank(one) - rank(other));
}

interface ValueProps {
  name: string;
  field: string;
  value: FacetValue;
  /** Of all that were counted, from 0 to 1. */
  share: number;
  state: "included" | "excluded" | "free";
  onInclude: () => void;
  onExclude: () => void;
  onOnly: () => void;
}

function Value({ name, field, value, share, state, onInclude, onExclude, onOnly }: ValueProps) {
  const text = visible(value.value) || "empty";
  return (
    <li className={cx("group relative flex items-center rounded px-1 text-xs", state === "included" && "bg-accent-wash")}>
      <button
        type="button"
        aria-pressed={state === "included"}
        title={`Include ${text}: ${formatWhole(value.count)}, ${formatPercent(share)}`}
        onClick={onInclude}
        className="flex h-7 min-w-0 flex-1 items-center gap-1.5 px-1 text-left"
      >
        <span className="sr-only">Include {name}</span>{" "}
        {field === "level" && (
          <span aria-hidden className="flex">
            <LevelMark level={levelNamed(value.value)} />
          </span>
        )}
        <span className={cx("min-w-0 flex-1 truncate", state === "excluded" && "text-muted line-through")}>{text}</span>{" "}
        {state === "included" && <Check aria-hidden size={12} className="text-accent" />}
        <span className="text-muted tabular-nums">{formatCount(value.count)}</span>
      </button>
      <span className="absolute right-1 flex rounded bg-raised opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:static pointer-coarse:opacity-100">
        <IconButton label={`Exclude ${name} ${text}`} aria-pressed={state === "excluded"} onClick={onExclude} className="h-6 w-6">
          <Minus aria-hidden size={13} />
        </IconButton>
        <IconButton label={`Only ${name} ${text}`} onClick={onOnly} className="h-6 w-6">
          <Crosshair aria-hidden size={13} />
        </IconButton>
      </span>
      <span aria-hidden className="pointer-events-none absolute inset-x-2 bottom-0 h-0.5 rounded bg-line">
        <span className="block h-full rounded bg-strong-line" style={{ width: `${share * 100}%` }} />
      </span>
    </li>
  );
}

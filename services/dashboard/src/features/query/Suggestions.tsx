/** The list below a query field: how the filter may go on, with counts of values. The text field has the keyboard. */

import { type Completion, CompletionKind } from "@/gen/logmesh/v1/query_service_pb";
import { formatCount } from "@/lib/format";
import { visible } from "@/lib/text";
import { cx } from "@/ui/cx";

const KINDS: Record<CompletionKind, string> = {
  [CompletionKind.UNSPECIFIED]: "",
  [CompletionKind.FIELD]: "field",
  [CompletionKind.OPERATOR]: "operator",
  [CompletionKind.VALUE]: "value",
  [CompletionKind.KEYWORD]: "keyword",
};

export interface SuggestionsProps {
  id: string;
  completions: readonly Completion[];
  /** The one that Enter takes, or -1. */
  chosen: number;
  onTake: (completion: Completion) => void;
  /** Whether it has a place of its own; else it lies over what is below the field. */
  inFlow?: boolean;
}

export function optionId(list: string, index: number): string {
  return `${list}-${index}`;
}

export function Suggestions({ id, completions, chosen, onTake, inFlow = false }: SuggestionsProps) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label="Completions"
      className={cx(
        "mt-1 w-full overflow-auto rounded-md border border-line bg-raised p-1",
        inFlow ? "max-h-40" : "absolute top-full left-0 z-40 max-h-72 max-w-xl shadow-lg",
      )}
    >
      {completions.map((completion, index) => (
        // The text field has the keyboard; rows are for the pointer, and must not take the focus.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={`${completion.kind} ${completion.text}`}
          id={optionId(id, index)}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          ref={index === chosen ? intoSight : undefined}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(completion)}
          className={cx(
            "flex items-baseline gap-3 rounded px-2 py-1 text-sm",
            index === chosen ? "bg-accent-wash text-accent" : "hover:bg-sunken",
          )}
        >
          <span className="min-w-0 flex-1 truncate font-mono text-xs">{visible(completion.text)}</span>
          <span className={cx("text-xs tabular-nums", index !== chosen && "text-muted")}>
            {completion.kind === CompletionKind.VALUE ? formatCount(completion.count) : KINDS[completion.kind]}
          </span>
        </div>
      ))}
    </div>
  );
}

function intoSight(element: HTMLElement | null): void {
  element?.scrollIntoView?.({ block: "nearest" });
}

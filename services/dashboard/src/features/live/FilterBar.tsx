/** The filter of a live page as text, with the place of its error. */

import { useRef, useState } from "react";
import type { Failure } from "@/api/failure";
import { useKeys } from "@/app/keys";
import { cx } from "@/ui/cx";

interface FilterBarProps {
  filter: string;
  /** What the gateway said of it. */
  failure: Failure | null;
  onApply: (filter: string) => void;
}

export function FilterBar({ filter, failure, onApply }: FilterBarProps) {
  const [draft, setDraft] = useState({ of: filter, text: filter });
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => field.current?.focus() });
  // Another filter in the address takes the place of what was typed.
  if (draft.of !== filter) setDraft({ of: filter, text: filter });
  const isOfThis = failure !== null && draft.text === filter;
  const meant = failure?.suggestion;
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(draft.text);
      }}
      className="min-w-0 flex-1 basis-60"
    >
      <input
        ref={field}
        aria-label="Filter"
        aria-invalid={isOfThis}
        aria-describedby={isOfThis ? "live-filter-error" : undefined}
        placeholder="Filter, such as severity >= ERROR"
        spellCheck={false}
        autoComplete="off"
        value={draft.text}
        onChange={(event) => setDraft({ of: filter, text: event.target.value })}
        className={cx("h-8 w-full rounded-md border bg-surface px-2.5 font-mono text-sm", isOfThis ? "border-bad" : "border-line")}
      />
      {isOfThis && (
        <div id="live-filter-error" className="mt-1 overflow-hidden text-sm text-bad">
          {failure.position !== undefined && (
            <span aria-hidden className="block px-2.5 font-mono leading-3 whitespace-pre">
              {" ".repeat(failure.position)}^
            </span>
          )}
          {failure.message}
          {meant && failure.position !== undefined && (
            <button type="button" onClick={() => onApply(withWord(filter, failure.position!, meant))} className="ml-2 text-accent underline">
              Use {meant}
            </button>
          )}
        </div>
      )}
    </form>
  );
}

/** The filter with another word at a place. */
export function withWord(filter: string, position: number, word: string): string {
  return filter.slice(0, position) + filter.slice(position).replace(/^[\w.]+/, word);
}

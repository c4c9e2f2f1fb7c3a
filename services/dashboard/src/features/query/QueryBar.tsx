/** The page's filter as text with completion: Enter asks, Escape leaves the field. */

import { Search, X } from "lucide-react";
import { type FormEvent, type Ref, useImperativeHandle, useRef, useState } from "react";
import type { Span } from "@/lib/time";
import { Button, IconButton } from "@/ui/Button";
import { QueryField } from "./QueryField";

export interface QueryBarHandle {
  focus: () => void;
}

export interface QueryBarProps {
  handle: Ref<QueryBarHandle>;
  /** The filter that is asked. The text follows it whenever it changes. */
  filter: string;
  /** Whose values are offered; null for those of lately. */
  span: Span | null;
  /** The id of what says what is wrong with the filter, if it is wrong. */
  problemId: string | undefined;
  onAsk: (filter: string) => void;
}

export function QueryBar({ handle, filter, span, problemId, onAsk }: QueryBarProps) {
  const field = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState({ of: filter, text: filter });
  if (draft.of !== filter) setDraft({ of: filter, text: filter });
  const focus = () => {
    // Not every browser gives the focus to a field whose text is selected.
    field.current?.focus();
    field.current?.select();
  };
  useImperativeHandle(handle, () => ({ focus }));

  const write = (text: string) => setDraft({ of: filter, text });
  const cleared = () => {
    write("");
    onAsk("");
  };
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    onAsk(draft.text);
  };

  return (
    <form
      role="search"
      onSubmit={submitted}
      className="relative flex min-w-0 flex-1 items-center rounded-md border border-strong-line bg-surface focus-within:border-accent"
    >
      <Search aria-hidden size={15} className="ml-2.5 shrink-0 text-muted" />
      <QueryField
        field={field}
        label="Query"
        placeholder="service = checkout severity >= ERROR"
        text={draft.text}
        span={span}
        problemId={problemId}
        className="h-9 flex-1 px-2 text-sm outline-none"
        onText={write}
        onEscape={() => field.current?.blur()}
      />
      {draft.text && (
        <IconButton label="Clear the query" onClick={cleared}>
          <X size={15} />
        </IconButton>
      )}
      <Button type="submit" look="primary" className="mr-0.5">
        Search
      </Button>
    </form>
  );
}

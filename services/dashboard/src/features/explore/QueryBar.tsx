/**
 * The filter as one text field with completion. Enter asks; arrows choose a completion, Tab or Enter takes it, Escape closes the
 * list and then leaves the field.
 */

import { Search, X } from "lucide-react";
import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useRef, useState } from "react";
import type { Completion } from "@/gen/logmesh/v1/query_service_pb";
import type { Span } from "@/lib/time";
import { Button, IconButton } from "@/ui/Button";
import { completed } from "./completion";
import { optionId, Suggestions } from "./Suggestions";
import { useCompletions } from "./useCompletions";

export interface QueryBarHandle {
  focus: () => void;
}

export interface QueryBarProps {
  handle: Ref<QueryBarHandle>;
  /** The filter that is asked. The text follows it whenever it changes. */
  filter: string;
  span: Span | null;
  /** The id of what says what is wrong with the filter, if it is wrong. */
  problemId: string | undefined;
  onAsk: (filter: string) => void;
}

export function QueryBar({ handle, filter, span, problemId, onAsk }: QueryBarProps) {
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState({ of: filter, text: filter });
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  if (draft.of !== filter) setDraft({ of: filter, text: filter });
  useImperativeHandle(handle, () => ({ focus: () => input.current?.select() }));

  const { text } = draft;
  const completions = useCompletions(caret === null ? null : text.slice(0, caret), span);
  const open = completions.length > 0;

  const write = (next: string, at: number | null) => {
    setDraft({ of: filter, text: next });
    setCaret(at);
    setChosen(-1);
  };
  const ask = (next: string) => {
    write(next, null);
    onAsk(next);
  };
  const take = (completion: Completion) => {
    const edited = completed(text, caret ?? text.length, completion);
    write(edited.text, edited.caret);
    // The field has its new text only after the next drawing.
    requestAnimationFrame(() => input.current?.setSelectionRange(edited.caret, edited.caret));
  };
  const pressed = (event: KeyboardEvent<HTMLInputElement>) => {
    const picked = open ? completions[chosen] : undefined;
    if (event.key === "Enter") {
      if (picked) take(picked);
      else ask(text);
    } else if (event.key === "Tab" && picked && !event.shiftKey) take(picked);
    else if (event.key === "ArrowDown" && open) setChosen((chosen + 1) % completions.length);
    else if (event.key === "ArrowUp" && open) setChosen(chosen <= 0 ? completions.length - 1 : chosen - 1);
    else if (event.key === "ArrowDown") setCaret(event.currentTarget.selectionStart);
    else if (event.key === "Escape" && open) setCaret(null);
    else if (event.key === "Escape") input.current?.blur();
    else return;
    event.preventDefault();
  };

  return (
    <div className="relative flex min-w-0 flex-1 items-center rounded-md border border-strong-line bg-surface focus-within:border-accent">
      <Search aria-hidden size={15} className="ml-2.5 shrink-0 text-muted" />
      <input
        ref={input}
        role="combobox"
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && chosen >= 0 ? optionId(list, chosen) : undefined}
        aria-label="Query"
        aria-invalid={problemId !== undefined || undefined}
        aria-describedby={problemId}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="service = checkout severity >= ERROR"
        value={text}
        onChange={(event) => write(event.target.value, event.target.selectionStart)}
        onFocus={(event) => setCaret(event.target.selectionEnd)}
        onClick={(event) => setCaret(event.currentTarget.selectionEnd)}
        onBlur={() => setCaret(null)}
        onKeyDown={pressed}
        className="h-9 min-w-0 flex-1 bg-transparent px-2 font-mono text-sm outline-none placeholder:text-muted"
      />
      {text && (
        <IconButton label="Clear the query" onClick={() => ask("")}>
          <X size={15} />
        </IconButton>
      )}
      <Button look="primary" className="mr-0.5" onClick={() => ask(text)}>
        Search
      </Button>
      {open && <Suggestions id={list} completions={completions} chosen={chosen} onTake={take} />}
    </div>
  );
}

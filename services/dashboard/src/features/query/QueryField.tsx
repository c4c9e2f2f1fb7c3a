/**
 * A filter's text with completion. Arrows choose a completion, Tab or Enter takes it, Escape closes the list. Enter with nothing
 * chosen submits the form that the field is in. The list hangs below the nearest element that is positioned, or stands where it is told to.
 */

import { type KeyboardEvent, type RefObject, useId, useState } from "react";
import { createPortal } from "react-dom";
import type { Completion } from "@/gen/logmesh/v1/query_service_pb";
import type { Span } from "@/lib/time";
import { cx } from "@/ui/cx";
import { completed } from "./completion";
import { optionId, Suggestions } from "./Suggestions";
import { useCompletions } from "./useCompletions";

export interface QueryFieldProps {
  field: RefObject<HTMLInputElement | null>;
  label: string;
  placeholder: string;
  text: string;
  /** Whose values are offered; null for those of lately. */
  span: Span | null;
  /** The id of what says what is wrong with the filter, if it is wrong. */
  problemId?: string | undefined;
  required?: boolean;
  /** Where the list of completions stands, as in a form, whose other fields it would cover; null while that is not there yet. */
  listIn?: HTMLElement | null;
  className: string;
  onText: (text: string) => void;
  /** Escape with no list to close; without it that is for whatever the field is in, such as a dialog. */
  onEscape?: () => void;
}

export function QueryField({ field, label, placeholder, text, span, problemId, required, listIn, className, ...on }: QueryFieldProps) {
  const { onText, onEscape } = on;
  const list = useId();
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const completions = useCompletions(caret === null ? null : text.slice(0, caret), span);
  const open = completions.length > 0;

  const write = (next: string, at: number | null) => {
    onText(next);
    setCaret(at);
    setChosen(-1);
  };
  const take = (completion: Completion) => {
    const edited = completed(text, caret ?? text.length, completion);
    write(edited.text, edited.caret);
    // The field has its new text only after the next drawing.
    requestAnimationFrame(() => field.current?.setSelectionRange(edited.caret, edited.caret));
  };
  const close = () => {
    setCaret(null);
    setChosen(-1);
  };
  const pressed = (event: KeyboardEvent<HTMLInputElement>) => {
    const picked = open ? completions[chosen] : undefined;
    if (event.key === "Enter" && !picked) {
      close();
      return;
    }
    if (event.key === "Enter" && picked) take(picked);
    else if (event.key === "Tab" && picked && !event.shiftKey) take(picked);
    else if (event.key === "ArrowDown" && open) setChosen((chosen + 1) % completions.length);
    else if (event.key === "ArrowUp" && open) setChosen(chosen <= 0 ? completions.length - 1 : chosen - 1);
    else if (event.key === "ArrowDown") setCaret(event.currentTarget.selectionStart);
    else if (event.key === "Escape" && open) close();
    else if (event.key === "Escape" && onEscape) onEscape();
    else return;
    event.preventDefault();
  };

  const suggestions = <Suggestions id={list} completions={completions} chosen={chosen} onTake={take} inFlow={Boolean(listIn)} />;

  return (
    <>
      <input
        ref={field}
        role="combobox"
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && chosen >= 0 ? optionId(list, chosen) : undefined}
        aria-label={label}
        aria-invalid={problemId !== undefined || undefined}
        aria-describedby={problemId}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        required={required}
        placeholder={placeholder}
        value={text}
        onChange={(event) => write(event.target.value, event.target.selectionStart)}
        onFocus={(event) => setCaret(event.target.selectionEnd)}
        onClick={(event) => setCaret(event.currentTarget.selectionEnd)}
        onBlur={close}
        onKeyDown={pressed}
        className={cx("min-w-0 bg-transparent font-mono placeholder:text-muted", className)}
      />
      {open && (listIn ? createPortal(suggestions, listIn) : suggestions)}
    </>
  );
}

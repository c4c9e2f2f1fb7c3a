/** The field that finds a text in the loaded rows. Enter leads to the next one, Shift Enter to the one before. */

import { ChevronDown, ChevronUp, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { formatWhole } from "@/lib/format";
import { IconButton } from "@/ui/Button";

export interface FindBarProps {
  text: string;
  /** How many rows have it. */
  found: number;
  /** Which of them is the active row, from 0; -1 when it is none of them. */
  at: number;
  onText: (text: string) => void;
  onStep: (backwards: boolean) => void;
  onClose: () => void;
}

export function FindBar({ text, found, at, onText, onStep, onClose }: FindBarProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter") onStep(event.shiftKey);
    else if (event.key === "Escape") onClose();
    else return;
    event.preventDefault();
  };
  return (
    <search aria-label="Find in results" className="flex items-center gap-1 border-b border-line bg-surface px-2 py-1">
      <input
        ref={input}
        aria-label="Find in the loaded rows"
        placeholder="Find in the loaded rows"
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={pressed}
        className="h-8 min-w-0 flex-1 rounded-md border border-strong-line bg-surface px-2 text-sm sm:max-w-80"
      />
      <span role="status" className="px-1 text-xs text-muted tabular-nums">
        {text && (found ? `${at >= 0 ? `${formatWhole(at + 1)} of ` : ""}${formatWhole(found)} rows` : "in none of the rows")}
      </span>
      <IconButton label="Find the one before" disabled={!found} onClick={() => onStep(true)}>
        <ChevronUp size={16} />
      </IconButton>
      <IconButton label="Find the next" disabled={!found} onClick={() => onStep(false)}>
        <ChevronDown size={16} />
      </IconButton>
      <IconButton label="Close the search in results" onClick={onClose}>
        <X size={16} />
      </IconButton>
    </search>
  );
}

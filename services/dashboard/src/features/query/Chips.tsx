/** The conditions of the filter that AND joins, each with a button that takes it out. */

import { X } from "lucide-react";
import { conjuncts, withoutConjunct } from "@/lib/filter";
import { visible } from "@/lib/text";

export function Chips({ filter, onAsk }: { filter: string; onAsk: (filter: string) => void }) {
  const found = conjuncts(filter) ?? [];
  if (found.length === 0) return null;
  return (
    <ul aria-label="Conditions" className="flex flex-wrap gap-1.5">
      {found.map(({ text, start }, index) => (
        <li key={start} className="flex max-w-full items-center rounded-full border border-line bg-surface pl-2.5 text-xs">
          <span className="truncate font-mono" title={visible(text)}>
            {visible(text)}
          </span>
          <button
            type="button"
            aria-label={`Remove ${visible(text)}`}
            onClick={() => onAsk(withoutConjunct(filter, index))}
            className="rounded-full p-1.5 text-muted hover:bg-sunken hover:text-ink"
          >
            <X aria-hidden size={12} />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What is wrong with the filter: its place as a caret under the text, and what was probably meant as a button. */

import type { Failure } from "@/api/failure";
import { Button } from "@/ui/Button";
import { visible } from "@/lib/text";
import { corrected } from "./completion";

export interface FilterProblemProps {
  id: string;
  filter: string;
  failure: Failure;
  onAsk: (filter: string) => void;
}

export function FilterProblem({ id, filter, failure: { message, position, suggestion }, onAsk }: FilterProblemProps) {
  return (
    <div id={id} role="alert" className="space-y-1.5 rounded-md border border-bad bg-bad-wash px-3 py-2 text-sm">
      {position !== undefined && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be reached by keyboard.
        <pre tabIndex={0} aria-label="Query with the place of the error" className="overflow-x-auto font-mono text-xs leading-tight">
          {filter}
          {"\n"}
          <span className="font-bold text-bad">{" ".repeat(position)}^</span>
        </pre>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <p className="min-w-0 flex-1 basis-60 text-bad">{visible(message)}</p>
        {position !== undefined && suggestion && (
          <Button onClick={() => onAsk(corrected(filter, position, suggestion))}>Use {suggestion}</Button>
        )}
      </div>
    </div>
  );
}

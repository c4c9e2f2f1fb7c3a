/** The errors of a trace, before everything else; each leads to its place in the order of time. */

import { useState } from "react";
import { levelOf } from "@/lib/levels";
import { formatOffset } from "@/lib/offset";
import { visible } from "@/lib/text";
import { lineText } from "@/features/records/face";
import { Button } from "@/ui/Button";
import { LevelMark } from "@/ui/LevelMark";
import type { Entry } from "./trace";

const FEW = 4;

export function ErrorsFirst({ errors, onGo }: { errors: readonly Entry[]; onGo: (error: Entry) => void }) {
  const [whole, setWhole] = useState(false);
  if (errors.length === 0) return null;
  const listed = whole ? errors : errors.slice(0, FEW);
  return (
    <section aria-label="Errors" className="border-b border-line bg-surface px-1 py-1">
      <ol className="max-h-[24vh] overflow-y-auto">
        {listed.map((error) => (
          <li key={error.record.id}>
            <button
              type="button"
              onClick={() => onGo(error)}
              className="flex w-full items-center gap-2 rounded-md px-2 text-left text-sm leading-6 hover:bg-sunken"
            >
              <span className="w-18 shrink-0 text-right font-mono text-xs whitespace-nowrap tabular-nums">{formatOffset(error.offset)}</span>
              <LevelMark level={levelOf(error.record.severityNumber)} />
              <span className="w-20 shrink-0 truncate text-muted sm:w-32">{visible(error.service)}</span>
              <span className="min-w-0 flex-1 truncate font-mono text-xs text-error">{lineText(error.record.body)}</span>
            </button>
          </li>
        ))}
      </ol>
      {errors.length > FEW && (
        <Button look="quiet" className="ml-1 h-6 text-accent" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? "Show fewer" : `Show all ${errors.length} errors`}
        </Button>
      )}
    </section>
  );
}

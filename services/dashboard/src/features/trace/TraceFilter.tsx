/** What of a trace is shown: a text, one service, a least level. */

import type { RefObject } from "react";
import { formatWhole } from "@/lib/format";
import { LEVELS } from "@/lib/levels";
import { visible } from "@/lib/text";
import { Button } from "@/ui/Button";
import type { Choice } from "./shown";

export interface TraceFilterProps {
  choice: Choice;
  services: readonly string[];
  /** How many logs are shown, of how many. */
  shown: number;
  all: number;
  findInput: RefObject<HTMLInputElement | null>;
  onChange: (change: Partial<Choice>) => void;
}

const FIELD = "h-8 min-w-0 rounded-md border border-strong-line bg-surface px-2 text-sm";

export function TraceFilter({ choice, services, shown, all, findInput, onChange }: TraceFilterProps) {
  const isChosen = choice.find !== "" || choice.service !== "" || choice.level !== "";
  return (
    <div role="search" className="flex flex-wrap items-center gap-2 border-b border-line bg-canvas px-3 py-1.5">
      <input
        ref={findInput}
        type="search"
        aria-label="Find in the trace"
        placeholder="Find in the trace ( / )"
        defaultValue={choice.find}
        onChange={(event) => onChange({ find: event.target.value })}
        className={`${FIELD} flex-1 basis-40 placeholder:text-muted`}
      />
      <select
        aria-label="Service"
        value={choice.service}
        onChange={(event) => onChange({ service: event.target.value })}
        className={`${FIELD} max-w-40`}
      >
        <option value="">All services</option>
        {services.map((service) => (
          <option key={service} value={service}>
            {visible(service)}
          </option>
        ))}
      </select>
      <select
        aria-label="Least level"
        value={choice.level}
        onChange={(event) => onChange({ level: event.target.value })}
        className={FIELD}
      >
        <option value="">All levels</option>
        {LEVELS.filter(({ name }) => name !== "NONE" && name !== "TRACE").map(({ name }) => (
          <option key={name} value={name}>
            {name === "FATAL" ? name : `${name} and worse`}
          </option>
        ))}
      </select>
      <span className="text-xs text-muted tabular-nums">
        {formatWhole(shown)} of {formatWhole(all)} shown
      </span>
      {isChosen && (
        <Button look="quiet" className="text-accent" onClick={() => onChange({ find: "", service: "", level: "" })}>
          Show all
        </Button>
      )}
    </div>
  );
}

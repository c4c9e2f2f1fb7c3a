/** Chooses what stands side by side: two versions of a service, or any two filters. */

import { Columns2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { VersionsForm } from "./VersionsForm";

/** Filters of two lanes, each beside the page's own; both empty for one lane. */
export interface Lanes {
  lane: string;
  other: string;
}

export interface CompareProps {
  /** What both lanes have in common. */
  filter: string;
  lanes: Lanes;
  onChange: (lanes: Lanes) => void;
}

export function Compare({ filter, lanes, onChange }: CompareProps) {
  const [isOpen, setOpen] = useState(false);
  const isComparing = lanes.lane !== "" || lanes.other !== "";
  const change = (next: Lanes) => {
    setOpen(false);
    onChange(next);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Columns2 aria-hidden size={14} />
        {isComparing ? "Change lanes" : "Compare"}
      </Button>
      {isComparing && <Button onClick={() => change({ lane: "", other: "" })}>One lane</Button>}
      {isOpen && (
        <Dialog label="Two lanes" onClose={() => setOpen(false)} className="max-w-md space-y-4 p-5 text-sm">
          <VersionsForm filter={filter} onChange={change} />
          <FiltersForm lanes={lanes} onChange={change} />
        </Dialog>
      )}
    </>
  );
}

function FiltersForm({ lanes, onChange }: Omit<CompareProps, "filter">) {
  const [draft, setDraft] = useState(lanes);
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    onChange({ lane: draft.lane.trim(), other: draft.other.trim() });
  };
  return (
    <form onSubmit={submitted} className="space-y-2 border-t border-line pt-3">
      <h2 className="font-semibold">Any two filters</h2>
      {(["lane", "other"] as const).map((name) => (
        <input
          key={name}
          aria-label={name === "lane" ? "Left lane" : "Right lane"}
          placeholder={name === "lane" ? "attributes.region = eu" : "attributes.region = us"}
          spellCheck={false}
          required
          value={draft[name]}
          onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
          className="h-8 w-full rounded-md border border-line bg-surface px-2 font-mono text-xs"
        />
      ))}
      <Button type="submit">Compare filters</Button>
    </form>
  );
}

/** Chooses what stands side by side: two versions of a service, or any two filters. */

import { Columns2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { FiltersForm } from "./FiltersForm";
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
        <Dialog label="Two lanes" onClose={() => setOpen(false)} className="mt-[10vh] max-w-md space-y-4 overflow-y-auto! p-5 text-sm">
          <VersionsForm filter={filter} onChange={change} />
          <FiltersForm lanes={lanes} onChange={change} />
        </Dialog>
      )}
    </>
  );
}

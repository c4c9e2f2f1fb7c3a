/** Any two filters, to stand side by side. */

import { type FormEvent, useRef, useState } from "react";
import { QueryField } from "@/features/query/QueryField";
import { Button } from "@/ui/Button";
import type { Lanes } from "./Compare";

export function FiltersForm({ lanes, onChange }: { lanes: Lanes; onChange: (lanes: Lanes) => void }) {
  const [draft, setDraft] = useState(lanes);
  // Below the form: over it, the list would cover the other field and the button; between them, it would move them as one points there.
  const [listIn, setListIn] = useState<HTMLElement | null>(null);
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    onChange({ lane: draft.lane.trim(), other: draft.other.trim() });
  };
  return (
    <form onSubmit={submitted} className="space-y-2 border-t border-line pt-3">
      <h2 className="font-semibold">Any two filters</h2>
      <LaneField
        label="Left lane"
        placeholder="attributes.region = eu"
        text={draft.lane}
        listIn={listIn}
        onText={(lane) => setDraft({ ...draft, lane })}
      />
      <LaneField
        label="Right lane"
        placeholder="attributes.region = us"
        text={draft.other}
        listIn={listIn}
        onText={(other) => setDraft({ ...draft, other })}
      />
      <Button type="submit">Compare filters</Button>
      <div ref={setListIn} />
    </form>
  );
}

interface LaneFieldProps {
  label: string;
  placeholder: string;
  text: string;
  listIn: HTMLElement | null;
  onText: (text: string) => void;
}

function LaneField(props: LaneFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <QueryField {...props} field={field} span={null} required className="h-8 w-full rounded-md border border-strong-line px-2 text-xs" />
  );
}

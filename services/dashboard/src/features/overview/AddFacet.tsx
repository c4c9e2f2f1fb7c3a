/** Asks for one more field to count the values of; names that records have are proposed. */

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import type { Span } from "@/lib/time";
import { IconButton } from "@/ui/Button";
import { fieldsQuery } from "./queries";

export function AddFacet({ span, onAdd }: { span: Span | null; onAdd: (field: string) => void }) {
  const [text, setText] = useState("");
  const [touched, setTouched] = useState(false);
  const list = useId();
  const proposed = useQuery({ ...fieldsQuery(text, span), enabled: touched && span !== null });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) onAdd(text.trim());
    setText("");
  };
  return (
    <form onSubmit={submit} className="flex items-center gap-1 px-3 pb-3">
      <input
        aria-label="Field to count the values of"
        placeholder="attributes.…"
        list={list}
        value={text}
        onFocus={() => setTouched(true)}
        onChange={(event) => setText(event.target.value)}
        className="h-7 min-w-0 flex-1 rounded-md border border-line bg-surface px-2 text-xs placeholder:text-muted"
      />
      <datalist id={list}>
        {proposed.data?.map((field) => (
          <option key={field}>{field}</option>
        ))}
      </datalist>
      <IconButton type="submit" label="Add the facet" className="h-7 w-7">
        <Plus aria-hidden size={14} />
      </IconButton>
    </form>
  );
}

/** Attributes as a tree; each leaf can be included, excluded or made a column. */

import { Columns3, Minus, Plus } from "lucide-react";
import { visible } from "@/lib/text";
import { textOf } from "@/lib/values";
import { IconButton } from "@/ui/Button";
import type { Field } from "./fields";

export interface FieldActions {
  onInclude?: (field: Field) => void;
  onExclude?: (field: Field) => void;
  onColumn?: (field: Field) => void;
}

export function FieldTree({ fields, ...actions }: FieldActions & { fields: readonly Field[] }) {
  return (
    <ul className="space-y-0.5 text-sm">
      {fields.map((field) => (
        <li key={field.name}>
          {field.members.length > 0 ? (
            <details open>
              <summary className="text-muted">{visible(field.name)}</summary>
              <div className="ml-1.5 border-l border-line pl-3">
                <FieldTree fields={field.members} {...actions} />
              </div>
            </details>
          ) : (
            <Leaf field={field} {...actions} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Leaf({ field, onInclude, onExclude, onColumn }: FieldActions & { field: Field }) {
  const name = visible(field.path.join("."));
  return (
    <div className="flex items-start gap-2">
      <span className="w-32 shrink-0 truncate leading-8 text-muted" title={name}>
        {visible(field.name)}
      </span>
      <span className="min-w-0 flex-1 py-1.5 font-mono text-xs [overflow-wrap:anywhere] whitespace-pre-wrap">{visible(textOf(field.value) ?? "null")}</span>
      {onInclude && (
        <IconButton label={`Include ${name}`} onClick={() => onInclude(field)}>
          <Plus size={14} />
        </IconButton>
      )}
      {onExclude && (
        <IconButton label={`Exclude ${name}`} onClick={() => onExclude(field)}>
          <Minus size={14} />
        </IconButton>
      )}
      {onColumn && (
        <IconButton label={`Show ${name} as a column`} onClick={() => onColumn(field)}>
          <Columns3 size={14} />
        </IconButton>
      )}
    </div>
  );
}

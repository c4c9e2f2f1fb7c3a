import { X } from "lucide-react";
import { visible } from "@/lib/text";
import { IconButton } from "@/ui/Button";

/** Says that a filter of another page holds here, too, and lets it go. */
export function ScopeNote({ filter, onDrop }: { filter: string; onDrop: () => void }) {
  if (!filter) return null;
  return (
    <p className="flex min-w-0 items-center gap-1 text-sm text-muted">
      <span className="min-w-0 truncate">
        only where <code className="text-xs text-ink">{visible(filter)}</code>
      </span>
      <IconButton label="Drop the filter" onClick={onDrop}>
        <X aria-hidden size={14} />
      </IconButton>
    </p>
  );
}

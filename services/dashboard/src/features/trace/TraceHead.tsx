/** Which trace this is, what it holds in figures, and what can be done with the whole of it. */

import { Copy, Download, Link as LinkIcon, RotateCw } from "lucide-react";
import { IconButton } from "@/ui/Button";
import { CopyButton } from "./CopyButton";

export interface TraceHeadProps {
  traceId: string;
  /** The trace in figures, once there is one. */
  summary?: string;
  onRefresh: () => void;
  onExport?: () => void;
}

export function TraceHead({ traceId, summary, onRefresh, onExport }: TraceHeadProps) {
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-surface px-3 py-1.5">
      <div className="min-w-0 flex-1 basis-72">
        <h1 className="flex flex-wrap items-baseline gap-x-2 text-base font-semibold">
          Trace <span className="font-mono text-xs font-normal break-all text-muted">{traceId}</span>
        </h1>
        {summary && <p className="text-xs text-muted">{summary}</p>}
      </div>
      <div className="flex">
        <IconButton label="Look again (r)" onClick={onRefresh}>
          <RotateCw aria-hidden size={16} />
        </IconButton>
        <CopyButton label="Copy the trace id" icon={Copy} text={() => traceId} />
        <CopyButton label="Copy a link to what is shown" icon={LinkIcon} text={() => location.href} />
        {onExport && (
          <IconButton label="Export what is shown as NDJSON" onClick={onExport}>
            <Download aria-hidden size={16} />
          </IconButton>
        )}
      </div>
    </header>
  );
}

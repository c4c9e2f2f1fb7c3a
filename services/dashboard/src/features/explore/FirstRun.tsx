/** An empty store: how the first log is sent, and, once it has come, the way to it. */

import { CircleCheck, Copy } from "lucide-react";
import { useState } from "react";
import { useSummary } from "@/app/summary";
import type { Nanos } from "@/lib/time";
import { Button, IconButton } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { copyText } from "./clipboard";
import { waysToSend } from "./firstLog";

export interface FirstRunProps {
  /** When the first log was written; null as long as there is none. */
  came: Nanos | null;
  onShow: () => void;
}

export function FirstRun({ came, onShow }: FirstRunProps) {
  const summary = useSummary().data;
  // The gateway tells it while nothing is stored; it stays in sight once something is.
  const [told, setTold] = useState(summary?.sendTo);
  if (summary?.sendTo && summary.sendTo !== told) setTold(summary.sendTo);
  if (came !== null) {
    return (
      <Notice title="The first log has come" kind="good" icon={<CircleCheck aria-hidden size={18} />}>
        <p>It is stored, and can be found.</p>
        <Button look="primary" onClick={onShow}>
          Show it
        </Button>
      </Notice>
    );
  }
  return (
    <Notice title="No log has come yet. Send the first one" className="max-w-5xl">
      <p role="status" className="flex items-center gap-2">
        <span aria-hidden className="h-2 w-2 shrink-0 animate-pulse rounded-full bg-caution" />
        Waiting for it: this page turns green as soon as it is stored. Any of these sends one.
      </p>
      <dl className="space-y-3">
        {waysToSend(told, location.origin).map(({ name, text }) => (
          <div key={name}>
            <dt className="mb-1 text-xs font-semibold text-ink">{name}</dt>
            <dd className="flex items-start gap-1 rounded-md border border-line bg-sunken pl-2">
              {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be reached by keyboard. */}
              <pre tabIndex={0} aria-label={name} className="min-w-0 flex-1 overflow-x-auto py-2 font-mono text-xs text-ink">
                {text}
              </pre>
              <IconButton label={`Copy: ${name}`} onClick={() => void copyText(text)}>
                <Copy aria-hidden size={14} />
              </IconButton>
            </dd>
          </div>
        ))}
      </dl>
    </Notice>
  );
}

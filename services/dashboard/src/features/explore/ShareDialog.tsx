/** A link to what is seen. A relative range is asked about: it means another time tomorrow. */

import { useState } from "react";
import { stringifySearch } from "@/app/search";
import { absoluteRange, isRelative, type RangeText, type Span } from "@/lib/time";
import type { Zone } from "@/lib/format";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { copyText } from "./clipboard";
import { rangeLabel } from "./ranges";

export interface ShareDialogProps {
  range: RangeText;
  span: Span | null;
  zone: Zone;
  onClose: () => void;
}

/** The page's address with this range in place of its own. */
export function linkWith(range: RangeText, href: string): string {
  const url = new URL(href);
  const search = { ...Object.fromEntries(url.searchParams), from: range.from, to: range.to };
  return `${url.origin}${url.pathname}${stringifySearch(search)}`;
}

export function ShareDialog({ range, span, zone, onClose }: ShareDialogProps) {
  const relative = isRelative(range);
  const [stays, setStays] = useState(false);
  const [copied, setCopied] = useState<boolean | null>(null);
  const fixed = span ? absoluteRange(span) : range;
  const link = linkWith(relative && stays ? range : fixed, location.href);
  const choose = (next: boolean) => {
    setStays(next);
    setCopied(null);
  };
  return (
    <Dialog label="Share" onClose={onClose} className="p-5">
      <h2 className="mb-3 font-semibold">Share this search</h2>
      {relative && (
        <fieldset className="mb-3 space-y-2 text-sm">
          <legend className="mb-1 text-muted">Whoever opens it later sees</legend>
          <Choice chosen={!stays} onChoose={() => choose(false)}>
            the same records: {rangeLabel(fixed, zone)}
          </Choice>
          <Choice chosen={stays} onChoose={() => choose(true)}>
            what is new then: {rangeLabel(range, zone)}
          </Choice>
        </fieldset>
      )}
      <input
        readOnly
        aria-label="Link"
        value={link}
        onFocus={(event) => event.target.select()}
        className="h-9 w-full rounded-md border border-strong-line bg-sunken px-2 font-mono text-xs"
      />
      <div className="mt-3 flex items-center gap-2">
        <Button look="primary" onClick={() => void copyText(link).then(setCopied)}>
          Copy the link
        </Button>
        <Button onClick={onClose}>Close</Button>
        <span className="text-sm text-muted">
          {copied === true && "Copied."}
          {copied === false && "The browser refused; copy it from the field above."}
        </span>
      </div>
    </Dialog>
  );
}

function Choice({ chosen, onChoose, children }: { chosen: boolean; onChoose: () => void; children: React.ReactNode }) {
  return (
    <label className="flex items-start gap-2">
      <input type="radio" name="range" checked={chosen} onChange={onChoose} className="mt-0.5 accent-accent" />
      <span>{children}</span>
    </label>
  );
}

import { Check, type LucideIcon, X } from "lucide-react";
import { useEffect, useState } from "react";
import { IconButton } from "@/ui/Button";

const SHOWN_MILLIS = 2_000;

export interface CopyButtonProps {
  label: string;
  icon: LucideIcon;
  /** The text, as it is when the button is pressed. */
  text: () => string;
}

/** A button that copies a text and says for a moment whether it did: a browser refuses outside of HTTPS and localhost. */
export function CopyButton({ label, icon, text }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"copied" | "refused" | null>(null);
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(null), SHOWN_MILLIS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome(await copied(text()));
  const Icon = outcome === "copied" ? Check : outcome === "refused" ? X : icon;
  const said = outcome === "copied" ? "Copied" : outcome === "refused" ? "The browser does not let this page copy" : label;
  return (
    <IconButton label={said} onClick={() => void copy()}>
      <Icon aria-hidden size={16} className={outcome === "copied" ? "text-good" : outcome ? "text-bad" : undefined} />
    </IconButton>
  );
}

/** Put a text on the clipboard. */
export async function copied(text: string): Promise<"copied" | "refused"> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    return "refused";
  }
}

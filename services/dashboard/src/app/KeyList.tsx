/** Every key and what it does, in a grid whose columns the caller chooses: two for each pair side by side. */

import { cx } from "@/ui/cx";
import { KEYS } from "./keys";

export function KeyList({ className }: { className: string }) {
  return (
    <dl className={cx("grid gap-x-4 gap-y-1.5 text-sm", className)}>
      {KEYS.map(([key, meaning]) => (
        <div key={key} className="contents">
          <dt>
            <kbd className="rounded border border-line bg-sunken px-1.5 font-mono text-xs">{key}</kbd>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

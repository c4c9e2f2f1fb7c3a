import { type ReactNode, useId } from "react";

/** Settings that belong together, under a heading. */
export function Group({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {note && <p className="text-xs text-muted">{note}</p>}
      </div>
      <div className="divide-y divide-line rounded-lg border border-line bg-surface">{children}</div>
    </section>
  );
}

/** One of them. */
export function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1.5 px-3 py-2 text-sm">
      <span>{name}</span>
      {children}
    </div>
  );
}

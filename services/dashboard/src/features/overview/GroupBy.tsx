/** Which field's values the histogram stacks; the address holds it as `by`. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { visible } from "@/lib/text";

/** Fields to choose from, with their names for people. Others come from the address. */
const CHOICES: readonly (readonly [field: string, name: string])[] = [
  ["level", "level"],
  ["service", "service"],
  ["instance", "instance"],
  ["resource.service.version", "version"],
];

/** The field of the address; the level when it has none. */
export function useGroupBy(): string {
  const { by }: { by?: string } = useSearch({ strict: false });
  return by ?? "level";
}

export function GroupBy() {
  const by = useGroupBy();
  const navigate = useNavigate();
  const choose = (field: string) =>
    void navigate({
      to: ".",
      replace: true,
      search: (before: Record<string, unknown>) => ({ ...before, by: field === "level" ? undefined : field }),
    });
  return (
    <label className="flex items-center gap-1 text-xs text-muted">
      by
      <select
        value={by}
        onChange={(event) => choose(event.target.value)}
        className="h-7 max-w-28 rounded-md border border-line bg-surface px-1 text-ink"
      >
        {CHOICES.map(([field, name]) => (
          <option key={field} value={field}>
            {name}
          </option>
        ))}
        {!CHOICES.some(([field]) => field === by) && <option value={by}>{visible(by)}</option>}
      </select>
    </label>
  );
}

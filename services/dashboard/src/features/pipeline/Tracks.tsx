import { formatPercent } from "@/lib/format";
import { tracksOf } from "./hops";
import type { Processor } from "./snapshot";

/** How the open streams are split between stable and canary. */
export function Tracks({ processors }: { processors: readonly Processor[] }) {
  const tracks = tracksOf(processors);
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
      {tracks.map(({ track, processors: members, streams, part }) => (
        <div key={track} className="flex items-center gap-2">
          <dt>{track || "no track"}</dt>
          <dd className="flex items-center gap-2 tabular-nums">
            <span aria-hidden className="h-1.5 w-24 overflow-hidden rounded-full bg-line">
              <span className="block h-full bg-accent" style={{ width: `${part * 100}%` }} />
            </span>
            {formatPercent(part)}
            <span className="text-muted">
              {streams} {streams === 1 ? "stream" : "streams"} on {members} {members === 1 ? "processor" : "processors"}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

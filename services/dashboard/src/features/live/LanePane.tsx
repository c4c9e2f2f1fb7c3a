/** One filter's tail: its figures, its state, its lines. */

import { Chips } from "@/features/query/Chips";
import type { Zone } from "@/lib/format";
import { conjuncts } from "@/lib/filter";
import { useStore } from "@/lib/store";
import { visible } from "@/lib/text";
import type { LaneClient, LiveClient, LiveRow } from "./client";
import { Comparison } from "./Comparison";
import { Counters } from "./Counters";
import { Disconnected } from "./Disconnected";
import { LiveList } from "./LiveList";
import { RateChart } from "./RateChart";

interface LanePaneProps {
  client: LiveClient;
  lane: LaneClient;
  /** The lane beside it. */
  other: LaneClient | undefined;
  /** What this lane adds to the page's filter; empty for nothing. */
  name: string;
  zone: Zone;
  onName: (name: string) => void;
  onOpen: (lane: LaneClient, row: LiveRow) => Promise<void>;
}

const CHART_PIXELS = 96;

export function LanePane({ client, lane, other, name, zone, onName, onOpen }: LanePaneProps) {
  const connection = useStore(lane.connection);
  return (
    <section aria-label={name || "Live"} className="flex min-h-0 min-w-0 flex-col">
      <LaneHead lane={lane} other={other} name={name} zone={zone} onName={onName} />
      <Disconnected connection={connection} isFilterSaid={!other} onRetry={() => client.retry()} />
      <div className="relative min-h-0 flex-1 border-t border-line">
        <NoLineYet lane={lane} />
        <LiveList label={name ? `Lines of ${visible(name)}` : "Lines"} client={client} lane={lane} zone={zone} onOpen={onOpen} />
      </div>
    </section>
  );
}

/** That the tail stands and has brought nothing. It lies over the list, whose height must not change when the first line comes. */
function NoLineYet({ lane }: Pick<LanePaneProps, "lane">) {
  const { state } = useStore(lane.connection);
  const figures = useStore(lane.figures);
  if (state !== "live" || figures?.held !== 0) return null;
  return (
    <p className="pointer-events-none absolute inset-x-3 top-3 z-10 text-sm text-muted">
      No line has matched yet. The next one that does is shown here.
    </p>
  );
}

function LaneHead({ lane, other, name, zone, onName }: Pick<LanePaneProps, "lane" | "other" | "name" | "zone" | "onName">) {
  const figures = useStore(lane.figures);
  const others = useStore((other ?? lane).figures);
  return (
    <header className="space-y-1.5 px-3 py-2">
      {other && (
        <>
          {/* The chips say the same to the eye, where the filter comes apart into any. */}
          <h2 className={conjuncts(name)?.length ? "sr-only" : "font-mono text-sm font-semibold [overflow-wrap:anywhere]"}>
            {visible(name) || "everything"}
          </h2>
          <Chips filter={name} onAsk={onName} />
        </>
      )}
      {figures ? (
        <>
          <Counters figures={figures} />
          <RateChart rates={figures.rates} zone={zone} height={CHART_PIXELS} />
          {other && others && <Comparison figures={figures} other={others} />}
        </>
      ) : (
        <p className="text-xs text-muted">Connecting…</p>
      )}
    </header>
  );
}

/** The Live page: records as they come in, in one lane or in two. */

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { useEffect, useId, useMemo, useRef } from "react";
import { useKeys } from "@/app/keys";
import { useCommands } from "@/app/commands";
import { usePreferences } from "@/app/preferences";
import { useScope } from "@/app/scope";
import { Compare, type Lanes } from "@/features/live/Compare";
import { failureOfFilter } from "@/features/live/Disconnected";
import { LanePane } from "@/features/live/LanePane";
import { OpenRecord, useOpenRecord } from "@/features/live/OpenRecord";
import type { Connection } from "@/features/live/protocol";
import { useLive } from "@/features/live/useLive";
import { Chips } from "@/features/query/Chips";
import { FilterProblem } from "@/features/query/FilterProblem";
import { QueryBar, type QueryBarHandle } from "@/features/query/QueryBar";
import { both } from "@/lib/filter";
import { createStore, useStore } from "@/lib/store";
import { announce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";

const route = getRouteApi("/live");
/** Side by side, or one above the other where the screen is narrow; there they scroll. */
const TWO_LANES = "divide-line max-lg:auto-rows-[32rem] max-lg:divide-y max-lg:overflow-auto lg:grid-cols-2 lg:divide-x";
const NOT_PAUSED = createStore(false);
const CONNECTING = createStore<Connection>({ state: "connecting" });

export function LivePage() {
  const { lane = "", other = "" } = route.useSearch();
  const { filter, setFilter } = useScope();
  const { zone } = usePreferences();
  const navigate = useNavigate();
  const names = useMemo(() => (lane || other ? [lane, other] : [""]), [lane, other]);
  const client = useLive(useMemo(() => names.map((name) => both(filter, name)), [filter, names]));
  const isPaused = useStore(client?.paused ?? NOT_PAUSED);
  const connection = useStore(client?.lanes[0]?.connection ?? CONNECTING);
  const opened = useOpenRecord(client);
  const bar = useRef<QueryBarHandle>(null);
  const problem = useId();
  const failure = names.length === 1 ? failureOfFilter(connection) : null;

  const setLanes = (lanes: Lanes) => void navigate({ to: ".", search: (before) => ({ ...before, ...lanes }) });
  const toggle = () => (isPaused ? client?.resume() : client?.pause());
  useKeys({
    ".": toggle,
    "/": () => bar.current?.focus(),
    l: () => void navigate({ to: "/explore" }),
    Escape: opened.close,
  });
  useCommands(
    useMemo(() => [{ name: "Pause or go on", keys: ".", run: () => (client?.paused.get() ? client.resume() : client?.pause()) }], [client]),
  );
  useEffect(() => announce(statusOf(connection.state, isPaused)), [connection.state, isPaused]);

  return (
    <div className="flex h-full flex-col">
      <h1 className="sr-only">Live</h1>
      <div className="flex flex-col gap-2 border-b border-line px-3 py-2">
        <div className="flex flex-wrap items-center gap-2">
          <div className="flex min-w-0 flex-1 basis-80">
            <QueryBar handle={bar} filter={filter} span={null} problemId={failure ? problem : undefined} onAsk={setFilter} />
          </div>
          <Button onClick={toggle}>
            {isPaused ? <Play aria-hidden size={14} /> : <Pause aria-hidden size={14} />}
            {isPaused ? "Go on" : "Pause"}
          </Button>
          <Compare filter={filter} lanes={{ lane, other }} onChange={setLanes} />
        </div>
        {failure && <FilterProblem id={problem} filter={filter} failure={failure} onAsk={setFilter} />}
        <Chips filter={filter} onAsk={setFilter} />
      </div>
      <div className="relative flex min-h-0 flex-1">
        <div className={cx("grid min-h-0 min-w-0 flex-1", names.length > 1 && TWO_LANES)}>
          {client?.lanes.map((one) => (
            <LanePane
              key={one.index}
              client={client}
              lane={one}
              other={client.lanes[1 - one.index]}
              name={names[one.index] ?? ""}
              zone={zone}
              onName={(name) => setLanes(one.index === 0 ? { lane: name, other } : { lane, other: name })}
              onOpen={opened.open}
            />
          ))}
        </div>
        <OpenRecord opened={opened} zone={zone} />
      </div>
    </div>
  );
}

function statusOf(state: Connection["state"], isPaused: boolean): string {
  if (state === "away") return "Disconnected; trying again.";
  if (state === "refused") return "The tail was refused.";
  if (state === "resting") return "Resting while the page is hidden.";
  if (state === "connecting") return "Connecting.";
  return isPaused ? "Paused; lines go on coming." : "Following.";
}

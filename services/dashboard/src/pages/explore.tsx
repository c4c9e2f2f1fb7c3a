/** What broke in the last 15 minutes: search, counts and the rows themselves. */

import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { useId, useRef, useState } from "react";
import { usePreferences } from "@/app/preferences";
import { useScope } from "@/app/scope";
import { Chips } from "@/features/query/Chips";
import { ColumnsDialog } from "@/features/explore/ColumnsDialog";
import { ExportDialog } from "@/features/explore/ExportDialog";
import { FilterProblem } from "@/features/query/FilterProblem";
import { Footer } from "@/features/explore/Footer";
import { QueryBar, type QueryBarHandle } from "@/features/query/QueryBar";
import { RecordSide } from "@/features/explore/RecordSide";
import { Results } from "@/features/explore/Results";
import { ShareDialog } from "@/features/explore/ShareDialog";
import { TimePicker } from "@/features/explore/TimePicker";
import { Toolbar, type ToolbarAction } from "@/features/explore/Toolbar";
import { Trouble } from "@/features/explore/Trouble";
import { type Tab } from "@/features/explore/useAddress";
import { useExplore } from "@/features/explore/useExplore";
import { useExploreKeys } from "@/features/explore/useExploreKeys";
import { useRetry } from "@/features/explore/useRetry";
import { Changes } from "@/features/overview/Changes";
import { useGroupBy } from "@/features/overview/GroupBy";
import { Facets } from "@/features/overview/Facets";
import { Histogram } from "@/features/overview/Histogram";
import { Patterns } from "@/features/overview/Patterns";
import { histogramQuery } from "@/features/overview/queries";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Dialog } from "@/ui/Dialog";

export function ExplorePage() {
  const { filter, range, span, setFilter, setRange, refresh } = useScope();
  const { zone } = usePreferences();
  const explore = useExplore(filter, span);
  const { address, search, searched } = explore;
  const { failure, status, retry } = search;
  const retryIn = useRetry(status, failure, retry);
  const counts = useQuery(histogramQuery(filter, span, useGroupBy()));
  const isCounted = counts.data && !counts.isPlaceholderData && counts.data.countedFrom === null;
  const total = isCounted ? counts.data.total : null;
  // A list that begins at a linked row has less before it than the whole range, which is what was counted.
  const ofList = searched === span ? total : null;

  const bar = useRef<QueryBarHandle>(null);
  const problem = useId();
  const [choosing, setChoosing] = useState(false);
  const [contextOf, setContextOf] = useState("");
  const [dialog, setDialog] = useState<ToolbarAction | null>(null);
  const closeDialog = () => setDialog(null);
  const isWrong = failure?.kind === "filter";
  const countable = span !== null && !isWrong;
  const hasRows = search.results.rows.length > 0;

  useExploreKeys(explore, {
    filter,
    setFilter,
    refresh,
    focusQuery: () => bar.current?.focus(),
    chooseTime: () => setChoosing(true),
    share: () => setDialog("share"),
    exportFile: () => setDialog("export"),
    showContext: () => setContextOf(address.row || (search.results.rows[explore.active]?.id ?? "")),
  });

  return (
    <Tabs.Root
      value={address.tab}
      onValueChange={(tab) => address.setTab(tab as Tab)}
      className="relative flex h-full min-h-[54rem] sm:min-h-[40rem] flex-col"
    >
      <h1 className="sr-only">Explore</h1>
      <div className="flex flex-col gap-2 px-3 py-2">
        <div className="flex flex-col gap-2 md:flex-row">
          <QueryBar handle={bar} filter={filter} span={span} problemId={isWrong ? problem : undefined} onAsk={setFilter} />
          <TimePicker
            range={range}
            span={span}
            zone={zone}
            open={choosing}
            onOpen={setChoosing}
            onRange={setRange}
            onRefresh={refresh}
          />
        </div>
        {isWrong && <FilterProblem id={problem} filter={filter} failure={failure} onAsk={setFilter} />}
        <Chips filter={filter} onAsk={setFilter} />
      </div>
      {!isWrong && <Trouble failure={failure} retryIn={retryIn} hasRows={hasRows} onRetry={retry} />}
      <div className="flex min-h-0 flex-1 border-t border-line">
        <div className="flex min-w-0 flex-1 flex-col">
          {span && <Changes />}
          {countable && <Histogram />}
          <div className="flex min-h-0 flex-1">
            {span && (
              <div
                className={cx(
                  "hidden w-60 shrink-0 overflow-y-auto border-r border-line bg-surface",
                  address.row ? "xl:block" : "lg:block",
                )}
              >
                <Facets />
              </div>
            )}
            <section aria-label="Results" className="flex min-w-0 flex-1 flex-col">
              <Toolbar
                tab={address.tab}
                isNarrow={address.row !== ""}
                onDo={setDialog}
                onFind={() => explore.find.setText(explore.find.text ?? "")}
              />
              <Tabs.Content value={address.tab} tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
                {address.tab === "patterns" ? (
                  <div className="min-h-0 flex-1 overflow-auto bg-surface">
                    <Patterns />
                  </div>
                ) : (
                  <>
                    <Results explore={explore} filter={filter} span={span} />
                    {searched && <Footer search={search} span={searched} total={ofList} />}
                  </>
                )}
              </Tabs.Content>
            </section>
          </div>
        </div>
        <RecordSide
          explore={explore}
          showContext={contextOf !== "" && contextOf === address.row}
          onPermalink={() => setDialog("share")}
        />
      </div>
      {dialog === "facets" && (
        <Dialog label="Facets" onClose={closeDialog} className="m-0! h-dvh max-h-none! max-w-80! overflow-y-auto! rounded-none!">
          <Button className="m-3 mb-0" onClick={closeDialog}>
            Done
          </Button>
          <Facets />
        </Dialog>
      )}
      {dialog === "share" && <ShareDialog range={range} span={span} zone={zone} onClose={closeDialog} />}
      {dialog === "export" && span && <ExportDialog filter={filter} span={span} zone={zone} total={total} onClose={closeDialog} />}
      {dialog === "columns" && (
        <ColumnsDialog columns={address.columns} rows={search.results.rows} onColumns={address.setColumns} onClose={closeDialog} />
      )}
    </Tabs.Root>
  );
}

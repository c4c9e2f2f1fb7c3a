/** The tabs of the results, and what can be done with all of them. */

import { Columns3, Download, ListFilter, Search, Share2, WrapText } from "lucide-react";
import { Tabs } from "radix-ui";
import { changePreferences, usePreferences } from "@/app/preferences";
import { IconButton } from "@/ui/Button";
import { TABS, type Tab } from "./useAddress";

const NAMES: Record<Tab, string> = { logs: "Logs", patterns: "Patterns", table: "Table" };

/** What opens a dialog. */
export type ToolbarAction = "share" | "export" | "columns" | "facets";

export interface ToolbarProps {
  tab: Tab;
  /** Whether the open record takes the room of the facets. */
  isNarrow: boolean;
  onDo: (action: ToolbarAction) => void;
  onFind: () => void;
}

export function Toolbar({ tab, isNarrow, onDo, onFind }: ToolbarProps) {
  const { wrap } = usePreferences();
  return (
    <div className="flex flex-wrap items-center border-b border-line bg-surface pr-1 pl-2">
      <Tabs.List aria-label="Views of the results" className="mr-auto flex">
        {TABS.map((name) => (
          <Tabs.Trigger
            key={name}
            value={name}
            className="border-b-2 border-transparent px-2 py-2 sm:px-3 text-sm text-muted hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {NAMES[name]}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <IconButton label="Facets" className={isNarrow ? "xl:hidden" : "lg:hidden"} onClick={() => onDo("facets")}>
        <ListFilter size={16} />
      </IconButton>
      {tab === "table" && (
        <IconButton label="Choose columns" onClick={() => onDo("columns")}>
          <Columns3 size={16} />
        </IconButton>
      )}
      {tab !== "patterns" && (
        <>
          <IconButton label="Find in results" onClick={onFind}>
            <Search size={16} />
          </IconButton>
          <IconButton
            label="Wrap long lines"
            aria-pressed={wrap}
            className={wrap ? "bg-accent-wash text-accent" : ""}
            onClick={() => changePreferences({ wrap: !wrap })}
          >
            <WrapText size={16} />
          </IconButton>
        </>
      )}
      <IconButton label="Export" onClick={() => onDo("export")}>
        <Download size={16} />
      </IconButton>
      <IconButton label="Share" onClick={() => onDo("share")}>
        <Share2 size={16} />
      </IconButton>
    </div>
  );
}

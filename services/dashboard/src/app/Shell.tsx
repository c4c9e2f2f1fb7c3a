/** What stands around every page: rail, status, commands, keys. */

import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { Activity, Command as CommandIcon, Radio, Search, Settings, Waypoints } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Announcer } from "@/ui/Announcer";
import { IconButton } from "@/ui/Button";
import { type Command, useCommands } from "./commands";
import { useKeys } from "./keys";
import { KeysHelp } from "./KeysHelp";
import { ClockNote } from "./ClockNote";
import { usePageLoaded } from "./navigation";
import { Palette } from "./Palette";
import { changePreferences } from "./preferences";
import { StatusPill } from "./StatusPill";

const PAGES = [
  { to: "/explore", name: "Explore", icon: Search },
  { to: "/live", name: "Live", icon: Radio },
  { to: "/traces", name: "Traces", icon: Waypoints },
  { to: "/pipeline", name: "Pipeline", icon: Activity },
  { to: "/settings", name: "Settings", icon: Settings },
] as const;

export function Shell() {
  const [dialog, setDialog] = useState<"palette" | "keys" | null>(null);
  const main = useRef<HTMLElement>(null);
  const close = () => setDialog(null);
  usePageLoaded(main);
  useKeys({ "?": () => setDialog("keys") });
  useControlK(() => setDialog("palette"));
  useCommands(useShellCommands());

  return (
    <div className="flex h-full flex-col sm:flex-row">
      <a
        href="#main"
        onClick={(event) => {
          // The address is for state; where the focus is belongs to the reader alone.
          event.preventDefault();
          main.current?.focus();
        }}
        className="absolute -top-20 left-2 z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:top-2"
      >
        Skip to the page
      </a>
      <nav
        aria-label="Pages"
        className="order-last flex shrink-0 justify-around border-t border-line bg-surface sm:order-first sm:w-[72px] sm:flex-col sm:justify-start sm:border-t-0 sm:border-r sm:py-2"
      >
        {PAGES.map(({ to, name, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            className="flex flex-col items-center gap-0.5 rounded-lg px-1 py-1.5 text-xs text-muted hover:bg-sunken sm:mx-1.5 sm:py-2"
            activeProps={{ className: "bg-accent-wash text-accent!" }}
          >
            <Icon aria-hidden size={18} strokeWidth={1.8} />
            {name}
          </Link>
        ))}
      </nav>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <header className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-surface px-3">
          <span className="font-semibold tracking-tight">Logmesh</span>
          <span className="flex-1" />
          <ClockNote />
          <StatusPill />
          <IconButton label="Commands (Ctrl K)" onClick={() => setDialog("palette")}>
            <CommandIcon aria-hidden size={16} />
          </IconButton>
        </header>
        <main ref={main} id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-auto outline-none">
          <Outlet />
        </main>
      </div>
      <Announcer />
      {dialog === "palette" && <Palette onClose={close} />}
      {dialog === "keys" && <KeysHelp onClose={close} />}
    </div>
  );
}

function useControlK(open: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) {
        event.preventDefault();
        open();
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });
}

function useShellCommands(): readonly Command[] {
  const navigate = useNavigate();
  return useMemo(
    () => [
      ...PAGES.map(({ to, name }) => ({ name: `Go to ${name}`, run: () => void navigate({ to }) })),
      { name: "Theme: light", run: () => changePreferences({ theme: "light" }) },
      { name: "Theme: dark", run: () => changePreferences({ theme: "dark" }) },
      { name: "Theme: as the system", run: () => changePreferences({ theme: "system" }) },
      { name: "Times in UTC", run: () => changePreferences({ zone: "utc" }) },
      { name: "Times in the local zone", run: () => changePreferences({ zone: "local" }) },
    ],
    [navigate],
  );
}

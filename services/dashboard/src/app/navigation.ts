/** What a browser does on loading a page, and a page of this dashboard must do itself: title and focus. */

import { useLocation } from "@tanstack/react-router";
import { type RefObject, useEffect, useRef } from "react";

const TRACE = /^\/traces\/(?<id>.+)$/;

/** The title of the page at this path, as tabs and bookmarks show it. */
export function titleOf(path: string): string {
  const trace = TRACE.exec(path)?.groups?.id;
  const name = path.slice(1);
  const page = trace ? `Trace ${decodeURIComponent(trace).slice(0, 8)}` : name.slice(0, 1).toUpperCase() + name.slice(1);
  return page ? `${page} · Logmesh` : "Logmesh";
}

/** Title and focus follow the path. A page that has taken the focus for itself keeps it. */
export function usePageLoaded(main: RefObject<HTMLElement | null>): void {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const loaded = useRef(path);
  useEffect(() => {
    document.title = titleOf(path);
    if (loaded.current === path) return;
    loaded.current = path;
    const element = main.current;
    element?.scrollTo(0, 0);
    if (!element?.contains(document.activeElement)) element?.focus({ preventScroll: true });
  }, [path, main]);
}

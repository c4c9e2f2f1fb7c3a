/**
 * What a lane's list does with its scrolling: it follows the newest line, or holds still what is read, and tells which of the two
 * the reader means.
 */

import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useStore } from "@/lib/store";
import type { LaneClient, LiveClient } from "./client";
import { atEnd, ROW_PIXELS, shiftOf, windowAt } from "./scrolling";

/** A row that gets the focus once it is drawn; with `ifLost`, only when nothing else has it. */
interface Awaited {
  seq: number;
  ifLost: boolean;
}

/** No list is that low: the end was not sought yet. */
const NOWHERE = { top: 0, height: -1 };

/** A ref for what scrolls, its height in pixels, what to do once it was scrolled, and how a row yet to be drawn gets the focus. */
export function useFollowing(client: LiveClient, lane: LaneClient) {
  const scroller = useRef<HTMLDivElement>(null);
  const view = useStore(lane.view);
  const reading = useStore(lane.reading);
  const pixels = useHeight(scroller);
  const placed = useRef(NOWHERE);
  const awaited = useRef<Awaited | null>(null);
  const [scrollTop, setScrollTop] = useState(0);

  useEffect(() => {
    lane.look(windowAt(reading, scrollTop, pixels));
  }, [lane, reading, scrollTop, pixels]);

  // Before the browser paints, whatever was drawn: follow the end, or hold still what is read.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (!reading) {
      // The browser scrolls before it tells: who has left the end since it was found must not be carried back to it.
      if (hasLeft(element, placed.current)) {
        client.pause();
        return;
      }
      element.scrollTop = element.scrollHeight;
      placed.current = { top: element.scrollTop, height: element.clientHeight };
      return;
    }
    placed.current = NOWHERE;
    const shift = shiftOf(view, reading, element.scrollTop);
    if (view.first < reading.base) lane.reading.set({ ...reading, base: view.first });
    if (shift > 0) element.scrollTop += shift;
    const { seq, ifLost } = awaited.current ?? { seq: Number.NaN, ifLost: true };
    const row = element.querySelector<HTMLElement>(`[data-index="${seq - reading.base}"]`);
    if (!row || (ifLost && document.activeElement !== document.body)) return;
    awaited.current = null;
    row.focus({ preventScroll: true });
  });

  const scrolled = () => {
    const element = scroller.current!;
    if (!reading) {
      if (hasLeft(element, placed.current)) client.pause();
    } else if (element.scrollTop > scrollTop) {
      const next = atEnd(view, reading, element.scrollTop, element.clientHeight);
      if (next === "follow") client.resume();
      else if (next) lane.reading.set(next);
    }
    setScrollTop(element.scrollTop);
  };
  const focusLater = (next: Awaited) => {
    awaited.current = next;
  };
  return { scroller, pixels, scrolled, focusLater };
}

/** Whether a list was scrolled away from its end by somebody, and not by a change of its own size. */
function hasLeft(element: HTMLElement, placed: { top: number; height: number }): boolean {
  const end = element.scrollHeight - element.clientHeight;
  return element.clientHeight === placed.height && element.scrollTop < Math.min(placed.top, end) - ROW_PIXELS;
}

function useHeight(element: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const measure = () => setHeight(measured.clientHeight);
    measure();
    const resizing = new ResizeObserver(measure);
    resizing.observe(measured);
    return () => resizing.disconnect();
  }, [element]);
  return height;
}

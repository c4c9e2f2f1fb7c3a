/**
 * The one chart: stacked bars or lines over time, with an optional ghost line of a period before.
 * Its colours are the style sheet's; a text alternative stands beside it for those who can't see it.
 */

import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { barSeconds, chartOptions, stacked } from "./chartOptions";

export interface ChartSeries {
  readonly label: string;
  /** Its name among the colours of styles.css, such as `error`. */
  readonly colour: string;
  /** One per moment of `times`; null is a gap. */
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  /** What it shows, as one sentence with its figures: the text alternative. */
  summary: string;
  /** Seconds since 1970, ascending; of bars, where each begins. */
  times: readonly number[];
  /** Drawn from below upwards when they are bars. */
  series: readonly ChartSeries[];
  look: "bars" | "lines";
  /** The same moments one period before. */
  ghost?: readonly (number | null)[];
  /** Pixels. */
  height: number;
  utc: boolean;
  /** A range was drawn with the pointer; seconds since 1970. */
  onBrush?: (from: number, to: number) => void;
  /** The pointer is over the moment with this index of `times`, or over none. */
  onHover?: (index: number | null) => void;
  /** Shown as marked: from the moment with the first index up to the one with the last, both included. */
  marked?: readonly [first: number, last: number] | null;
}

export function Chart({ summary, times, series, look, ghost, height, utc, onBrush, onHover, marked }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot>(null);
  const told = useRef({ onBrush, onHover });
  const theme = useThemeChanges();
  useEffect(() => {
    told.current = { onBrush, onHover };
  });
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const layers = look === "bars" ? stacked(series.map((one) => one.values)) : series.map((one) => one.values);
    // The tallest layer is drawn first, so that those below lie over it.
    const shift = look === "bars" ? barSeconds(times) / 2 : 0;
    const data = [times.map((time) => time + shift), ...layers.toReversed(), ...(ghost ? [ghost] : [])] as uPlot.AlignedData;
    const options = chartOptions({
      series: series.toReversed(),
      look,
      ghost: ghost !== undefined,
      size: { width: element.clientWidth || 300, height },
      utc,
      colour: (name) => resolved(element, style, name),
      onBrush: (from, to) => told.current.onBrush?.(from, to),
      onHover: (index) => told.current.onHover?.(index),
    });
    const plot = (drawn.current = new uPlot(options, data, element));
    const resizing = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      plot.destroy();
    };
    // A canvas keeps its colours until it is drawn again, so a change of theme draws it.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [times, series, look, ghost, height, utc, theme]);
  useEffect(() => {
    const plot = drawn.current;
    if (plot) mark(plot, times, look === "bars" ? barSeconds(times) : 0, marked ?? null);
    // A plot that was drawn anew has lost its mark.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [marked, times, series, look, ghost, height, utc, theme]);
  return (
    <div
      ref={frame}
      role="img"
      aria-label={summary}
      className="w-full overflow-hidden [&_.u-select]:bg-accent/25!"
      style={{ height }}
    />
  );
}

function mark(plot: uPlot, times: readonly number[], width: number, marked: readonly [number, number] | null): void {
  const [first, last] = marked ? [times[marked[0]], times[marked[1]]] : [];
  if (first === undefined || last === undefined) {
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    return;
  }
  const left = plot.valToPos(first, "x");
  const height = plot.over.clientHeight;
  plot.setSelect({ left, top: 0, width: Math.max(plot.valToPos(last + width, "x") - left, 2), height }, false);
}

/** A token as a colour that a canvas understands: the browser works out light-dark() for an element's own colour alone. */
function resolved(element: HTMLElement, style: CSSStyleDeclaration, name: string): string {
  const before = element.style.color;
  element.style.color = `var(--${name})`;
  const colour = style.color;
  element.style.color = before;
  return colour;
}

/** A number that grows each time the theme changes, by choice or with the system. */
function useThemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = () => setChanges((count) => count + 1);
    const choice = new MutationObserver(changed);
    choice.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", changed);
    return () => {
      choice.disconnect();
      system.removeEventListener("change", changed);
    };
  }, []);
  return changes;
}

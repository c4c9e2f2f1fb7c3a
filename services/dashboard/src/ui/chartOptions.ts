/** What uPlot is told for a chart. */

import uPlot from "uplot";
import type { ChartSeries } from "./Chart";

type Values = readonly (number | null)[];

/** Seconds between marks of time, of which the smallest that fits is taken: up to half a minute, half an hour, half a day, a year. */
const STEPS = [
  [1, 2, 5, 10, 15, 30],
  [60, 120, 300, 600, 900, 1_800],
  [3_600, 7_200, 10_800, 21_600, 43_200],
  [1, 2, 7, 14, 30, 90, 365].map((days) => days * 86_400),
].flat();

/** Each series raised by those before it; a gap adds nothing. */
export function stacked(series: readonly Values[]): number[][] {
  let below: number[] | null = null;
  return series.map((values) => {
    below = values.map((value, index) => (value ?? 0) + (below?.[index] ?? 0));
    return below;
  });
}

/** Seconds from one bar to the next; a single bar is a second wide. */
export function barSeconds(times: readonly number[]): number {
  return times.length > 1 ? times[1]! - times[0]! : 1;
}

interface Drawing {
  /** In the order they are drawn. */
  series: readonly ChartSeries[];
  look: "bars" | "lines";
  ghost: boolean;
  size: { width: number; height: number };
  utc: boolean;
  colour: (token: string) => string;
  onBrush: (from: number, to: number) => void;
  onHover: (index: number | null) => void;
}

export function chartOptions({ series, look, ghost, size, utc, colour, onBrush, onHover }: Drawing): uPlot.Options {
  const bars = uPlot.paths.bars!({ size: [0.9, 240] });
  const zoned = (seconds: number) => {
    const date = new Date(seconds * 1000);
    return utc ? uPlot.tzDate(date, "Etc/UTC") : date;
  };
  const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
  return {
    ...size,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false } },
    tzDate: zoned,
    scales: {
      // Bars stand in the middle of the time they count, and the outermost have room on both sides.
      x: { range: (plot, low, high) => (look === "bars" ? wholeBars(plot.data[0], low, high) : [low, high]) },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 72,
        incrs: STEPS,
        values: (_plot, moments, _axis, _space, step) => moments.map((moment) => uPlot.fmtDate(clockPattern(step))(zoned(moment))),
      },
      { ...axis, size: 48, space: 24 },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: colour(one.colour),
        points: { show: false },
        ...(look === "bars" ? { fill: colour(one.colour), width: 0, paths: bars } : { width: 1.5 }),
      })),
      ...(ghost ? [{ label: "period before", stroke: colour("strong-line"), width: 1, dash: [4, 3], points: { show: false } }] : []),
    ],
    hooks: {
      setCursor: [(plot) => onHover(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          onBrush(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** As times are written everywhere here, with no more than marks `step` seconds apart need. */
function clockPattern(step: number): string {
  if (step < 60) return "{HH}:{mm}:{ss}";
  return step < 86_400 ? "{HH}:{mm}" : "{MM}-{DD}";
}

function wholeBars(middles: ArrayLike<number>, low: number, high: number): [number, number] {
  const half = barSeconds(Array.from(middles).slice(0, 2)) / 2;
  return [low - half, high + half];
}

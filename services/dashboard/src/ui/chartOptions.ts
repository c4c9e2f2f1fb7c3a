/** What uPlot is told for a chart. */

import uPlot from "uplot";
import type { ChartSeries } from "./Chart";

type Values = readonly (number | null)[];

/** Each series raised by those before it; a gap adds nothing. */
export function stacked(series: readonly Values[]): number[][] {
  let below: number[] | null = null;
  return series.map((values) => {
    below = values.map((value, index) => (value ?? 0) + (below?.[index] ?? 0));
    return below;
  });
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
}

export function chartOptions({ series, look, ghost, size, utc, colour, onBrush }: Drawing): uPlot.Options {
  const bars = uPlot.paths.bars!({ size: [0.9, 60] });
  const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
  return {
    ...size,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false } },
    tzDate: (seconds) => (utc ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
    scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [
      { ...axis, size: 24 },
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

/** Lines a second by level over the last two minutes. */

import { useMemo } from "react";
import { formatWhole, type Zone } from "@/lib/format";
import { LEVELS } from "@/lib/levels";
import { Chart } from "@/ui/Chart";
import { errorShare, linesPerSecond } from "./comparing";
import type { Rates } from "./protocol";

export function RateChart({ rates, zone, height }: { rates: Rates; zone: Zone; height: number }) {
  const { times, series, summary } = useMemo(() => {
    const first = rates.endSecond - rates.seconds.length + 1;
    const { part, whole } = errorShare(rates);
    return {
      times: rates.seconds.map((_, index) => first + index),
      series: LEVELS.map(({ name, colour }, level) => ({ label: name, colour, values: rates.seconds.map((counts) => counts[level] ?? 0) })),
      summary: `Lines a second by level: ${formatWhole(Math.round(linesPerSecond(rates)))} now; ${formatWhole(whole)} in two minutes, ${formatWhole(part)} of them errors.`,
    };
  }, [rates]);
  return <Chart summary={summary} times={times} series={series} look="bars" height={height} utc={zone === "utc"} />;
}

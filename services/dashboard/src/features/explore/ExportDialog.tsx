/** Everything that matches, not only what is loaded, as a file. */

import { useEffect, useRef, useState } from "react";
import { formatBytes, formatWhole, type Zone } from "@/lib/format";
import { absoluteRange, type Span } from "@/lib/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { exportFailure, exportTo, fileName, type Format, MOST_BYTES_IN_MEMORY } from "./exporting";
import { rangeLabel } from "./ranges";
import { savesToDisk, sinkFor } from "./saving";

const LIMITS = [1_000, 10_000, 100_000, 1_000_000];

export interface ExportDialogProps {
  filter: string;
  span: Span;
  zone: Zone;
  /** About how many records match; null when that is not known. */
  total: number | null;
  onClose: () => void;
}

type Progress = { state: "idle" | "running" | "done"; bytes: number } | { state: "failed"; message: string };

export function ExportDialog({ filter, span, zone, total, onClose }: ExportDialogProps) {
  const [format, setFormat] = useState<Format>("ndjson");
  const [limit, setLimit] = useState(100_000);
  const [progress, setProgress] = useState<Progress>({ state: "idle", bytes: 0 });
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = async () => {
    const controller = new AbortController();
    running.current = controller;
    const asked = { filter, span, format, limit };
    try {
      const sink = await sinkFor(fileName(asked), format);
      setProgress({ state: "running", bytes: 0 });
      const bytes = await exportTo(sink, asked, controller.signal, (sofar) => setProgress({ state: "running", bytes: sofar }));
      setProgress({ state: "done", bytes });
    } catch (error) {
      const message = exportFailure(error);
      setProgress(message === null ? { state: "idle", bytes: 0 } : { state: "failed", message });
    }
  };

  return (
    <Dialog label="Export" onClose={onClose} className="space-y-3 p-5 text-sm">
      <h2 className="text-base font-semibold">Export</h2>
      <p className="text-muted">
        {total === null ? "All records" : `${formatWhole(total)} records`} of {rangeLabel(absoluteRange(span), zone)}, newest first
        {filter && " and with the query's conditions"}.
      </p>
      <div className="flex flex-wrap gap-3">
        <Select label="Format" value={format} onValue={(value) => setFormat(value as Format)} options={FORMATS} />
        <Select label="At most" value={String(limit)} onValue={(value) => setLimit(Number(value))} options={LIMITS.map(limitOption)} />
      </div>
      {total !== null && total > limit && <p>The newest {formatWhole(limit)} of them will be in the file.</p>}
      {!savesToDisk() && <p className="text-muted">This browser can hold files up to {formatBytes(MOST_BYTES_IN_MEMORY)}.</p>}
      <p role="status" className="tabular-nums">
        {progress.state === "running" && `${formatBytes(progress.bytes)} so far…`}
        {progress.state === "done" && `Done: ${formatBytes(progress.bytes)}.`}
      </p>
      {progress.state === "failed" && (
        <p role="alert" className="text-bad">
          {progress.message}
        </p>
      )}
      <div className="flex gap-2">
        {progress.state === "running" ? (
          <Button onClick={() => running.current?.abort()}>Stop</Button>
        ) : (
          <Button look="primary" onClick={() => void start()}>
            Export
          </Button>
        )}
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

const FORMATS = [
  { value: "ndjson", name: "NDJSON: one JSON object a line" },
  { value: "csv", name: "CSV" },
];

const limitOption = (count: number) => ({ value: String(count), name: `${formatWhole(count)} records` });

interface SelectProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  options: readonly { value: string; name: string }[];
}

function Select({ label, value, onValue, options }: SelectProps) {
  return (
    <label className="block">
      <span className="block text-xs text-muted">{label}</span>
      <select
        value={value}
        onChange={(event) => onValue(event.target.value)}
        className="h-9 rounded-md border border-strong-line bg-surface px-2"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </label>
  );
}

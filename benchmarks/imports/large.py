"""A large file of JSON lines."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson

from benchmarks.imports.api import count
from benchmarks.imports.shipping import ship
from benchmarks.peers.processes import folder_bytes
from benchmarks.varied import Varied

_BATCH = 1_000
_SERVICE = "large"
_LEVELS = {5: "debug", 9: "info", 13: "warn", 17: "error"}


def ship_large(folder: Path, size: int, data: Path, api: str) -> None:
    """Ship a file of about `size` bytes, made in `folder`, and print what it took."""
    path = folder / "large.jsonl"
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    lines = _make(path, size, int(start.timestamp()) * 10**9)
    size = path.stat().st_size
    print(f"  {lines:,} lines, {size / 1e6:,.0f} MB", file=sys.stderr)
    shipped = ship(path, data, "--service", _SERVICE)
    found = count(api, _SERVICE, start, datetime.now(UTC))
    lake, whole = folder_bytes(data / "lake"), folder_bytes(data)
    print(
        f"{size / 1e6:,.0f} MB of JSON lines, {lines:,} records: {shipped.records:,} committed in {shipped.seconds:.0f} s,"
        f" {found:,} found"
    )
    print(
        f"  {shipped.records / shipped.seconds:,.0f} records a second; the shipping process took {shipped.cpu_seconds:.0f} s of CPU,"
        f" {shipped.cpu_seconds / lines * 1e6:.1f} µs a line, and {shipped.peak_mib:.0f} MiB at most"
    )
    print(
        f"  the lake takes {lake / size:.2f} of the file's bytes, the data folder with all logs and spools {whole / size:.2f}"
    )


def _make(path: Path, size: int, start: int) -> int:
    """Write lines as a logger of JSON writes them; how many."""
    varied, lines, at = Varied(_BATCH), 0, start
    with path.open("wb") as file:
        while file.tell() < size:
            columns = varied.next(at)
            times = np.frombuffer(columns.times_unix_nano, "<u8").tolist()
            for moment, body, attributes, level in zip(
                times, columns.bodies, columns.attributes, columns.severity_numbers, strict=True
            ):
                said = {
                    "time": datetime.fromtimestamp(moment / 1e9, UTC).isoformat(),
                    "level": _LEVELS[level],
                    "msg": body.decode(),
                    **orjson.loads(attributes),
                }
                file.write(orjson.dumps(said) + b"\n")
            lines, at = lines + _BATCH, times[-1]
    return lines

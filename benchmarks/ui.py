"""``make bench-ui``: what a reader of the dashboard waits for, in Chromium, with a million records of a day stored.

Prints the sizes of the built JavaScript; how soon Explore shows its first row and its histogram, from opening the page (with its
scripts in the browser's cache) and from Enter in the query bar; the longest tasks, also over lines of 200 kB; the frames, long
tasks and heap of Live at 5,000 and at 20,000 lines a second. Browser, servers and generator share this machine.
"""

import argparse
import asyncio
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts import bundle_sizes
from scripts.dashboard import DASHBOARD, MODULES
from scripts.node import Node, require_node
from scripts.running import LOGMESH, running

from benchmarks.filling import fill
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres

LOOPBACK = "127.0.78"
_BODY_BYTES = 110
_LONG_LINE = "a line that is long " * 10_000
_SHIP_SECONDS = 120
_LIMIT_SECONDS = 900


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000, help="records over a day (default 1,000,000)")
    parser.add_argument("--repeats", type=int, default=20, help="how often a page is opened (default 20)")
    parser.add_argument("--seconds", type=int, default=60, help="how long Live is watched (default 60)")
    arguments = parser.parse_args()
    chromium = os.environ.get("LOGMESH_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("make bench-ui: no Chromium: apt install chromium, or set LOGMESH_CHROMIUM")
    node = require_node()
    bundle_sizes.main()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        data = Path(folder) / "data"
        _fill(data, arguments.records)
        with running(data, LOOPBACK, "--processors", "1", "--producers", "0") as url:
            _ship_long_lines(data)
            figures = _browser(node, chromium, "bench/explore.mjs", url, arguments.repeats)
            _print_explore(figures, arguments.records)
        for rate, frames in ((5_000, 58), (20_000, 55)):
            with running(data, LOOPBACK, "--processors", "1", "--rate", str(rate)) as url:
                _print_live(_browser(node, chromium, "bench/live.mjs", url, arguments.seconds), frames)


def _fill(data: Path, records: int) -> None:
    postgres = Postgres(data / "postgres", port=free_port())
    postgres.start()
    try:
        asyncio.run(fill(postgres, records, _BODY_BYTES))
    finally:
        postgres.stop("fast")


def _ship_long_lines(data: Path) -> None:
    lines = "".join(f"{number} {_LONG_LINE}\n" for number in range(100))
    ship = [*LOGMESH, "ship", "-", "--service", "long", "--no-join", "--data-dir", str(data)]
    subprocess.run(ship, input=lines, text=True, check=True, capture_output=True, timeout=_SHIP_SECONDS)


def _browser(node: Node, chromium: str, program: str, url: str, amount: int) -> dict[str, Any]:
    done = subprocess.run(
        [str(node.program), program, url, str(amount)],
        cwd=DASHBOARD, env=node.environment(MODULES / ".bin") | {"CHROMIUM": chromium}, timeout=_LIMIT_SECONDS + amount,
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _print_explore(figures: dict[str, Any], records: int) -> None:
    print(f"\n{f'Explore, {records:,} records stored':<58}{'got':>16}   target")
    for name, span in (("quarter", "the last 15 minutes"), ("day", "24 hours")):
        row, histogram = figures[name]["row"], figures[name]["histogram"]
        _line(
            f"page opened: first row of {span}, p50 / p95", f"{_ms(row, 0.5)} / {_ms(row, 0.95)} ms", "300 / 1,000 ms"
        )
        _line(
            f"page opened: histogram of {span}, p50 / p95",
            f"{_ms(histogram, 0.5)} / {_ms(histogram, 0.95)} ms",
            "500 / 2,000 ms",
        )
    asked = figures["asked"]
    _line(
        "first row after Enter in the query bar, p50 / p95",
        f"{_ms(asked, 0.5)} / {_ms(asked, 0.95)} ms",
        "300 / 1,000 ms",
    )
    tasks = f"{figures['startTask']:.0f}, {figures['askTask']:.0f}, {figures['askLongTask']:.0f} ms"
    _line("longest task: start, a question, one for long lines", tasks, "")
    _line("100 lines of 200 kB, scrolled, opened: longest task", f"{figures['longLinesTask']:.0f} ms", "100 ms")


def _print_live(figures: dict[str, Any], frames: int) -> None:
    heading = f"Live, watched for {figures['seconds']:.0f} s"
    print(f"\n{heading:<58}{'got':>16}   target")
    _line("lines a second; dropped", f"{figures['linesPerSecond']:,.0f}; {figures['dropped']:,}", "")
    _line("frames a second", f"{figures['framesPerSecond']:.1f}", str(frames))
    _line(
        "longest task; tasks of 50 ms and more",
        f"{figures['longestTaskMillis']:.0f} ms; {figures['longTasks']}",
        "50 ms; 0",
    )
    heap = figures["heapBytes"]
    _line("heap of page and worker: first, largest", f"{heap[0] / 1e6:.0f}, {max(heap) / 1e6:.0f} MB", "150 MB")


def _line(name: str, got: str, target: str) -> None:
    print(f"{name:<58}{got:>16}   {target}")


def _ms(samples: Sequence[float], part: float) -> str:
    ordered = sorted(samples)
    value = statistics.median(ordered) if part == 0.5 else ordered[math.ceil(part * len(ordered)) - 1]
    return f"{value:,.0f}"


if __name__ == "__main__":
    main()

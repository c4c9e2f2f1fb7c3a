"""The command line: makes the batches, runs the peers in turn, prints a table."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import benchmarks.peers
from benchmarks.peers.batches import Batches
from benchmarks.peers.day import Day
from benchmarks.peers.logmesh import Logmesh
from benchmarks.peers.peer import Peer
from benchmarks.peers.receiving import Receiving
from benchmarks.peers.report import report
from benchmarks.peers.run import Figures, measure
from benchmarks.peers.victorialogs import VictoriaLogs

_OURS = "Logmesh's lake"


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(
        description=benchmarks.peers.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--victoria-logs", type=Path, metavar="BINARY", help="unset: Logmesh alone")
    parser.add_argument("--records", type=int, default=1_000_000, help="of each run (default 1,000,000)")
    parser.add_argument("--batch", type=int, default=1_000, help="records a batch (default 1,000)")
    parser.add_argument("--runs", type=int, default=3, help="of each peer (default 3)")
    parser.add_argument("--otlp", action="store_true", help="Logmesh gets OTLP over gRPC by a receiver, too")
    options = parser.parse_args()
    if options.records % (10 * options.batch):
        parser.error("--records: give a multiple of ten batches")
    peers: dict[str, Callable[[Path, Day], Peer]] = {_OURS: Receiving if options.otlp else Logmesh}
    if options.victoria_logs:
        peers = {"VictoriaLogs": partial(VictoriaLogs, options.victoria_logs.absolute()), **peers}
    day = Day(options.records, options.batch, time.time_ns() - 18 * 3600 * 10**9)
    runs: dict[str, list[Figures]] = {name: [] for name in peers}
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        made = Path(folder) / "batches"
        made.mkdir()
        batches = Batches(day, made)
        batches.make(["columns", "otlp"] if options.victoria_logs or options.otlp else ["columns"])
        for number in range(options.runs):
            for name, start in peers.items():
                print(f"run {number + 1} of {options.runs}: {name}", file=sys.stderr)
                peer = start(Path(folder) / f"{name.split()[0]}-{number}", day)
                try:
                    runs[name].append(measure(peer, batches, name))
                finally:
                    peer.stop()
        wire = batches.mean_bytes("columns")
    print(f"{options.records:,} records of {wire:.0f} bytes, {options.batch} a batch, medians of {options.runs} runs")
    print(report(runs, _OURS))


if __name__ == "__main__":
    main()

"""``make bench-cache``: how many look-ups of recent traces the cache answers, on the generator's load, by the gateway's own metrics."""

import argparse
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from logmesh import Client
from logmesh.cli.local.run_state import read_run_state

_LOOPBACK = "127.0.88"
_START_SECONDS = 60
_COUNTER = re.compile(r"^cache_(hits|misses)_total (\S+)$", re.MULTILINE)


def main() -> None:
    """Run a system of its own, look traces up, print what the metrics say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long traces are looked up (default 30)")
    parser.add_argument("--rate", type=float, default=500, help="records/s of the generator (default 500)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        command = [sys.executable, "-m", "logmesh.cli.main", "up", "--data-dir", folder, "--loopback", _LOOPBACK]
        up = subprocess.Popen([*command, "--rate", f"{arguments.rate:g}"], stdout=subprocess.DEVNULL)
        try:
            _look_up(Path(folder), arguments.seconds)
        finally:
            up.terminate()
            up.wait(60)


def _look_up(folder: Path, seconds: float) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while (state := read_run_state(folder)) is None:
        if time.monotonic() > deadline:
            raise SystemExit("the system did not come up")
        time.sleep(0.2)
    began_up = time.monotonic()
    time.sleep(3)  # something to look up
    before, times = _counters(state.metrics["gateway"]), []
    ends = time.monotonic() + seconds
    with Client(state.gateway) as client:
        while time.monotonic() < ends:
            until = datetime.now(UTC) - timedelta(seconds=random.uniform(0, min(240, time.monotonic() - began_up)))
            recent = list(client.search("trace_id:*", since=timedelta(minutes=1), end=until, limit=200))
            for record in random.sample(recent, min(50, len(recent))):
                began = time.monotonic()
                client.trace(record.trace_id)
                times.append((time.monotonic() - began) * 1000)
    hits, misses = (now - then for now, then in zip(_counters(state.metrics["gateway"]), before, strict=True))
    print(
        f"{hits + misses:,.0f} look-ups of traces of the last 4 minutes: {hits / (hits + misses):.1%} from the cache,"
        f" p50 {statistics.median(times):.1f} ms, through the edge"
    )


def _counters(metrics: str) -> tuple[float, float]:
    with urllib.request.urlopen(metrics, timeout=5) as answer:  # noqa: S310  # our own, on loopback
        found = dict(_COUNTER.findall(answer.read().decode()))
    return float(found.get("hits", 0)), float(found.get("misses", 0))


if __name__ == "__main__":
    main()

"""The command line: runs the loads one after the other, each with processes and a folder of its own, and prints a table."""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import uvloop

from benchmarks.memory import backlog, idle, producers, writes
from benchmarks.memory.fleet import Fleet, Wrong

AIM_MIB = 400
_NEEDED_GIB = 10
_LOADS = {
    "producers": (producers.run, producers.SETTINGS),
    "backlog": (backlog.run, {}),
    "writes": (writes.run, {}),
    "idle": (idle.run, {}),
}


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loads", nargs="*", default=list(_LOADS), help=f"of {', '.join(_LOADS)} (default: all)")
    parser.add_argument("--producers", type=int, default=50, help="appenders at full speed (default 50)")
    parser.add_argument("--records", type=int, default=8_000, help="records of each of them (default 8,000)")
    parser.add_argument(
        "--rate", type=float, default=2e6, help="bytes a second to the slow database (default 2,000,000)"
    )
    parser.add_argument("--pause", type=float, default=0, help="seconds that it sleeps in each flush (default 0)")
    parser.add_argument("--seconds", type=float, default=30, help="of each measured part (default 30)")
    parser.add_argument("--backlog-mib", type=int, default=2048, help="of large bodies in the log (default 2048)")
    parser.add_argument("--writes", type=int, default=3, help="requests of each caller of Write (default 3)")
    parser.add_argument("--idle", type=int, default=500, help="streams that say nothing (default 500)")
    parser.add_argument("--stopped", type=int, default=100, help="tails that nobody reads (default 100)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # with all that was started
    if unknown := set(options.loads) - set(_LOADS):
        parser.error(f"unknown: {', '.join(unknown)}")
    kept = [_run(name, options) for name in options.loads]
    if not all(kept):
        raise SystemExit(1)


def _run(name: str, options: argparse.Namespace) -> bool:
    """Run one load; whether all of its aims were kept."""
    run, settings = _LOADS[name]
    wrong = ""
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        if (free := shutil.disk_usage(folder).free >> 30) < _NEEDED_GIB:
            raise SystemExit(f"{folder} has {free} GiB free, and the loads take up to {_NEEDED_GIB}: set TMPDIR")
        fleet = Fleet(Path(folder), settings)
        try:
            said = uvloop.run(run(fleet, options))
        except Wrong as error:
            said, wrong = [], str(error)
        finally:
            fleet.stop()
    print(f"\n{name}" + "".join(f"\n  {line}" for line in said) + (f"\n  WRONG: {wrong}" if wrong else ""))
    for process, mib in fleet.peaks.mib.items():
        print(
            f"  {process:40} {mib:6.0f} MiB  at most {AIM_MIB}: {'kept' if mib <= AIM_MIB else 'NOT KEPT'}", flush=True
        )
    return (
        not wrong
        and all(mib <= AIM_MIB for mib in fleet.peaks.mib.values())
        and not any("NOT" in line for line in said)
    )


if __name__ == "__main__":
    main()

"""``make bench-rest``: what a whole `logmesh up` takes when nobody asks it for anything, and what its start costs.

Prints the CPU seconds until all is up, of a first start and of one that finds its data, and each process's memory after a while: what
is its own, and its share of what several map (PSS). Pages of programs that another system maps, too, are shared with that one: run
it alone.
"""

import argparse
import collections
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

AIM_MIB = 300
_LOOPBACK = "127.0.66"
_READY = "Logmesh is up"


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="from the start to the look at memory (default 60)")
    parser.add_argument("--producers", type=int, default=0, help="that generate 200 records a second (default 0)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        for start in ("first", "second"):
            with _system(Path(folder) / "data", options.producers) as system:
                print(f"{start} start: {_cpu_seconds(system):.1f} s of CPU until all is up", flush=True)
                if start == "second":
                    time.sleep(options.seconds)
                    kept = _print_memory(system)
    raise SystemExit(not kept)


@contextlib.contextmanager
def _system(data: Path, producers: int) -> Iterator[psutil.Process]:
    """A `logmesh up` that is up."""
    command = [sys.executable, "-m", "logmesh.cli", "up", "--data-dir", str(data), "--loopback", _LOOPBACK]
    log = data.with_suffix(".log")
    with log.open("w") as out:
        process = subprocess.Popen([*command, "--producers", str(producers)], stdout=out, stderr=out)
    try:
        while _READY not in log.read_text():
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _family(system: psutil.Process) -> list[psutil.Process]:
    return [system, *system.children(recursive=True)]


def _cpu_seconds(system: psutil.Process) -> float:
    """Of all that run, and of the system's own children that have ended."""
    own = system.cpu_times()
    seconds = own.children_user + own.children_system
    for process in _family(system):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
    return float(seconds)


def _print_memory(system: psutil.Process) -> bool:
    """Print a line a program; whether the sum is within the aim."""
    own: collections.Counter[str] = collections.Counter()
    proportional: collections.Counter[str] = collections.Counter()
    for process in _family(system):
        with contextlib.suppress(psutil.NoSuchProcess):  # such as a worker of PostgreSQL's
            name = "runner" if process.pid == system.pid else process.name()
            memory = process.memory_full_info()
            own[name] += memory.uss
            proportional[name] += memory.pss
    for name, pss in proportional.most_common():
        print(f"  {name:24} {own[name] / 2**20:6.1f} MiB its own, {pss / 2**20:6.1f} MiB with its share")
    total = sum(proportional.values()) / 2**20
    print(f"  {'all':24} {total:6.1f} MiB  at most {AIM_MIB}: {'kept' if total <= AIM_MIB else 'NOT KEPT'}")
    return total <= AIM_MIB


if __name__ == "__main__":
    main()

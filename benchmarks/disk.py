"""What the disk itself does meanwhile: one small write and fdatasync after another, in a process of its own.

A disk that is shared stands still for tenths of a second now and then, and every log on it with it. A tail of LOGGED is
read beside this one's.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SIZE = 32 << 20
_PAUSE_SECONDS = 0.01


@dataclass
class DiskTail:
    """Milliseconds of the probe's fdatasync, filled in when the `with` ends."""

    p99: float = 0
    most: float = 0


@contextlib.contextmanager
def probed_disk(folder: Path) -> Iterator[DiskTail]:
    """Probe the disk of `folder` while the body runs."""
    tail = DiskTail()
    command = [sys.executable, "-m", "benchmarks.disk", str(folder / "probe")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield tail
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        times = sorted(json.loads(said))
        tail.p99, tail.most = times[int(len(times) * 0.99)], times[-1]


def _probe(path: Path) -> None:
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.pwrite(fd, bytes(_SIZE), 0)
    os.fsync(fd)
    times: list[float] = []
    while not (stopped and times):
        began = time.monotonic()
        os.pwrite(fd, b"x" * 4096, len(times) * 4096 % _SIZE)
        os.fdatasync(fd)
        times.append((time.monotonic() - began) * 1000)
        time.sleep(_PAUSE_SECONDS)
    print(json.dumps(times))


if __name__ == "__main__":
    _probe(Path(sys.argv[1]))

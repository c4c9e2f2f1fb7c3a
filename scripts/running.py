"""A `logmesh up` of its own for the length of a block: what pictures and measurements of the dashboard are taken from."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOGMESH = (sys.executable, "-m", "logmesh.cli.main")
_START_SECONDS = 120
_STOP_SECONDS = 60


@contextmanager
def running(data: Path, loopback: str, *options: str) -> Iterator[str]:
    """Start Logmesh on `data` and addresses that begin with `loopback`, such as 127.0.77; yield the dashboard's address.

    `options` are further ones of `logmesh up`. Exits the program with Logmesh's own words when it does not start.
    """
    log = data.parent / "up.log"
    command = [*LOGMESH, "up", "--data-dir", str(data), "--loopback", loopback, *options]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not re.search(r"^Logmesh is up", log.read_text(), re.MULTILINE):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"Logmesh did not start:\n{log.read_text()}")
            time.sleep(0.2)
        yield f"http://{loopback}.1:3000"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)

"""`logmesh ship` as a process whose time, CPU time and memory are looked at."""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from scripts.running import LOGMESH


class Shipped(NamedTuple):
    """`peak_mib` is the most memory of the process that shipped, `said` what it had to say of the records."""

    records: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    said: str


def ship(path: Path, data: Path, *options: str) -> Shipped:
    """Ship a file, and return when all of it is committed."""
    command = [*LOGMESH, "ship", str(path), "--data-dir", str(data), *options]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    committed = re.search(r"([\d,]+) records committed", said)
    if process.returncode or committed is None:
        raise SystemExit(f"{' '.join(command)} failed:\n{said}")
    records = int(committed[1].replace(",", ""))
    rest = " ".join(said.replace(committed[0], "").split())
    return Shipped(records, time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, rest)

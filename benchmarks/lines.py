"""Measures what a line of a file costs the producer, by its format: read, joined, parsed and put into columns, in CPU time.

make bench-lines ARGS="--against main json-floats"
make bench-lines ARGS="/var/log/syslog"
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from benchmarks.line_kinds import KINDS, written
from logmesh.producer.batcher import Batcher
from logmesh.producer.sources.file import FileSource
from logmesh.runtime.memory import collect_seldom

_ROOT = Path(__file__).resolve().parent.parent
_LINES = 20_000
_CHUNK_RECORDS = 1_000


async def _read(path: Path) -> tuple[float, int]:
    """CPU seconds for a whole file, and how many records it held."""
    source, batcher, records = FileSource([str(path)], {}, follow=False), Batcher(), 0
    began = time.process_time()
    while (chunk := await source.read(_CHUNK_RECORDS, 1)) is not None:
        for cut in batcher.add(chunk, time.monotonic(), time.time_ns()):
            records += cut.count
    records += batcher.cut(time.time_ns()).count
    took = time.process_time() - began
    await source.close()
    return took, records


def _measure(folder: Path, names: Sequence[str]) -> dict[str, tuple[float, int]]:
    """CPU microseconds a line and records, by name; in this process."""
    asyncio.run(_read(folder / names[0]))  # what a first reading imports and compiles
    collect_seldom()  # as a producer's process does
    found = {}
    for name in names:
        seconds, records = asyncio.run(_read(folder / name))
        found[name] = seconds / _LINES * 1e6, records
    return found


def _measured_by(code: Path, folder: Path, names: Sequence[str]) -> dict[str, tuple[float, int]]:
    """The same by the code in this folder, in a process of its own."""
    environment = os.environ | {"PYTHONPATH": f"{code / 'services'}{os.pathsep}{_ROOT}", "TZ": "UTC"}
    command = [sys.executable, "-m", "benchmarks.lines", "--measure", str(folder), *names]
    printed = subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    return {name: (took, records) for name, (took, records) in json.loads(printed).items()}


def _fill(folder: Path, names: Sequence[str]) -> list[str]:
    """Writes a file of `_LINES` lines for each kind and each file, and returns what they are called: two may have one name."""
    called = []
    for at, name in enumerate(names):
        try:
            lines = written(name, _LINES) if name in KINDS else Path(name).read_bytes().splitlines()
        except OSError as error:
            raise SystemExit(f"{name} is none of {', '.join(KINDS)}, nor a file: {error.strerror}") from error
        if not lines:
            raise SystemExit(f"{name} has no lines")
        called.append(f"{at}-{Path(name).name}")
        (folder / called[-1]).write_bytes(b"".join(lines[line % len(lines)] + b"\n" for line in range(_LINES)))
    return called


def _checked_out(commit: str, folder: Path) -> Path:
    packed = subprocess.run(
        ["git", "archive", commit, "services"], cwd=_ROOT, check=True, stdout=subprocess.PIPE
    ).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _compare(folder: Path, names: Sequence[str], against: str, rounds: int) -> None:
    files = folder / "files"
    files.mkdir()
    called = _fill(files, names)
    codes = [_checked_out(against, folder / "code")] if against else []
    codes.append(_ROOT)
    best: list[dict[str, tuple[float, int]]] = [{} for _ in codes]
    for _ in range(rounds):
        # In turns, so that what slows the machine down slows both.
        for code, least in zip(codes, best, strict=True):
            for name, found in _measured_by(code, files, called).items():
                least[name] = min(found, least.get(name, found))
    print(f"CPU microseconds a line, best of {rounds}; records of {_LINES:,} lines")
    for name in called:
        took = [least[name][0] for least in best]
        ratio = f"  {took[-1] / took[0]:5.2f}" if against else ""
        print(f"  {name:24}" + "".join(f" {one:6.1f}" for one in took) + f"{ratio}  {best[-1][name][1]:7,}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(KINDS), help=f"files, or of these: {', '.join(KINDS)}")
    parser.add_argument(
        "--against", default="", help="a commit that is measured in turn with what is here, and printed first"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_measure(options.measure, options.names)))
        return
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        _compare(Path(folder), options.names, options.against, options.rounds)


if __name__ == "__main__":
    main()

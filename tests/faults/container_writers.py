"""What containers and whoever rotates their logs do to files, as a runtime and a kubelet do it: many writers, long lines in pieces,
rotation by rename with compression, or by copy and truncation.

Every line has a number of its own, and every piece of it says of which line it is, so that what is stored can be held against it.
"""

import gzip
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final, Literal

from tests.faults.processes import programs

PIECE_BYTES: Final = 16_384
"""Into pieces of this size a runtime splits a long line."""

_LONG_EVERY: Final = 500
_LONG_BYTES: Final = 40_000

Rotation = Literal["rename", "copytruncate"]


def line_of(number: int) -> str:
    """The line of this number: one of 500 is so long that a runtime splits it."""
    if number % _LONG_EVERY:
        return f"line {number:09d} of a container, which says no more than a line usually does"
    rest = "".join(f"[{number:09d}.{piece:03d}]{'x' * (PIECE_BYTES - 15)}" for piece in range(1, 4))
    return f"line {number:09d} of a container".ljust(PIECE_BYTES, ".") + rest[: _LONG_BYTES - PIECE_BYTES]


def runtime_lines(text: str) -> Iterator[bytes]:
    """What a runtime writes of a line, piece by piece."""
    for at in range(0, len(text), PIECE_BYTES):
        flag = "P" if at + PIECE_BYTES < len(text) else "F"
        now = datetime.now(UTC).isoformat(timespec="microseconds")[:-6]
        yield f"{now}000Z stdout {flag} {text[at : at + PIECE_BYTES]}\n".encode()


class Container:
    """A container's folder, and the process that writes its log: lines `first` to `first + count`, `rate` a second. Of rotated files
    the last `keep` stay; what is deleted is copied to `archive` before, for whoever counts."""

    def __init__(self, root: Path, archive: Path, index: int, first: int, count: int, rate: float, keep: int) -> None:
        uid = f"00000000-0000-4000-8000-{index:012d}"
        self.log = root / f"shop_writer-{index:02d}-x2x7k_{uid}" / "server" / "0.log"
        self.log.parent.mkdir(parents=True)
        self.log.touch()
        self._archive, self._keep = archive / f"{index:02d}" / "server", keep
        self._archive.mkdir(parents=True)
        self._reopen = programs().Event()
        arguments = (self.log, self._reopen, first, count, rate)
        self._process = programs().Process(target=_write, args=arguments, daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._process.start()

    @property
    def writes(self) -> bool:
        """Whether more will come."""
        return self._process.is_alive()

    def stop(self) -> None:
        """End the writer, if it has not ended."""
        self._process.kill()
        self._process.join()

    def rotate(self, how: Rotation) -> None:
        """Put the log aside, and have the writer go on in a new one."""
        if not self.log.exists() or not self.log.stat().st_size:
            return
        aside = self.log.with_name(f"0.log.{datetime.now(UTC):%Y%m%d-%H%M%S}")
        if aside.exists() or aside.with_name(f"{aside.name}.gz").exists():
            return  # a second has one name
        if how == "rename":
            former = [path for path in self.log.parent.iterdir() if path.name[6:].replace("-", "").isdigit()]
            self.log.rename(aside)
            self._reopen.set()
            for path in former:
                _compress(path)
        else:
            shutil.copyfile(self.log, aside)
            os.truncate(self.log, 0)
        for path in sorted(self.log.parent.glob("0.log.*"))[: -self._keep]:
            shutil.copyfile(path, self._archive / path.name)
            path.unlink()


def _write(log: Path, reopen: Event, first: int, count: int, rate: float) -> None:
    """In the writer's process."""
    file = log.open("ab", buffering=0)
    began = time.monotonic()
    for at in range(count):
        for piece in runtime_lines(line_of(first + at)):
            if reopen.is_set():
                reopen.clear()
                file.close()
                file = log.open("ab", buffering=0)
            file.write(piece)
        ahead = began + at / rate - time.monotonic()
        if ahead > 0.01:
            time.sleep(ahead)
    file.close()


def _compress(path: Path) -> None:
    """As a kubelet does it: under another name, which is right once it is whole."""
    packed = path.with_name(f"{path.name}.tmp")
    with path.open("rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
        shutil.copyfileobj(source, target)
    packed.rename(path.with_name(f"{path.name}.gz"))
    path.unlink()


def numbers_in(root: Path) -> set[int]:
    """The lines whose beginning is in any file below `root`."""
    found: set[int] = set()
    for path in root.glob("*/*/0.log*"):
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for line in file:
                _, _, text = line.partition(b" stdout ")
                if text[2:7] == b"line ":
                    found.add(int(text[7:16]))
    return found

"""A day's batches as each server takes them, made once and kept in files: their making is nobody's CPU time, and takes longer than
storing them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.peers.day import SPOOLS, Day
from benchmarks.peers.otlp import otlp_request
from logmesh.v1.record_pb2 import LogColumns

_WRITERS: dict[str, Callable[[LogColumns], bytes]] = {"columns": LogColumns.SerializeToString, "otlp": otlp_request}


class Batches:
    """Those of `day`, in files under `folder`."""

    def __init__(self, day: Day, folder: Path) -> None:
        self.day, self._folder = day, folder

    def make(self, kinds: list[str]) -> None:
        """Write those of some kinds: `columns`, `otlp`."""
        for number in range(self.day.batches):
            columns = self.day.columns(number)
            for kind in kinds:
                self._path(kind, number).write_bytes(_WRITERS[kind](columns))
            if number % 100 == 99:
                print(f"  {number + 1:,} of {self.day.batches:,} batches made", file=sys.stderr)

    def of_spool(self, kind: str, spool: int) -> Iterator[bytes]:
        """One producer's batches, in their order."""
        for number in range(spool, self.day.batches, SPOOLS):
            yield self._path(kind, number).read_bytes()

    def mean_bytes(self, kind: str) -> float:
        """What a record takes on the wire."""
        return sum(self._path(kind, number).stat().st_size for number in range(self.day.batches)) / self.day.records

    def _path(self, kind: str, number: int) -> Path:
        return self._folder / f"{number}.{kind}"

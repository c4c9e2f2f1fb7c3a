"""How many records a file has by minute, service and severity, as a catalog keeps it: what is asked of these needs no file.

Packed: zstd of a length, the services' names as JSON, and one array after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from struct import Struct
from typing import Any, Final, TypeAlias

import numpy as np
import orjson
import zstandard

_HEADER = Struct("<II")  # bytes of the names, number of counts
MINUTE_NANO: Final = 60 * 10**9
_SEVERITY_BITS = 5
_TYPES = (("minutes", "<i4"), ("of_service", "<u4"), ("severities", "u1"), ("records", "<u4"))

Numbers: TypeAlias = "np.ndarray[tuple[int], np.dtype[Any]]"


@dataclass(frozen=True)
class Counts:
    """Columns of the same length, each combination once and in order: minutes since 1970, places in `services`, severities, records.

    What every question asks of them is found once.
    """

    services: list[str]
    minutes: Numbers
    of_service: Numbers
    severities: Numbers
    records: Numbers

    @property
    def size(self) -> int:
        """How many bytes its numbers take, and what is found of them."""
        return sum(
            column.nbytes
            for column in (self.minutes, self.of_service, self.severities, self.records, self.of_pair, *self.by_minute)
        )

    @cached_property
    def begins(self) -> Numbers:
        """Where each minute's entries begin."""
        return np.flatnonzero(np.diff(self.minutes, prepend=self.minutes[:1] - 1))

    @cached_property
    def by_minute(self) -> tuple[Numbers, Numbers]:
        """Each minute once, and how many records it has."""
        records = np.add.reduceat(self.records, self.begins, dtype=np.int64)
        return self.minutes[self.begins].astype(np.int64), records

    @property
    def pairs(self) -> list[tuple[str, int]]:
        """The services and severities that occur together."""
        return self._pairs[0]

    @property
    def of_pair(self) -> Numbers:
        """The places in `pairs`."""
        return self._pairs[1]

    @cached_property
    def _pairs(self) -> tuple[list[tuple[str, int]], Numbers]:
        keys = self.of_service.astype(np.int64) << _SEVERITY_BITS | self.severities
        found, places = np.unique(keys, return_inverse=True)
        pairs = [(self.services[key >> _SEVERITY_BITS], key & ((1 << _SEVERITY_BITS) - 1)) for key in found.tolist()]
        return pairs, places.astype(np.uint32)


def count(times: Any, services: Any, severities: Any, names: list[str]) -> Counts:
    """Count records by columns: `times` in nanoseconds, `services` as places in `names`, which are in order, `severities` 0 to 24."""
    keys = np.sort((times // MINUTE_NANO * len(names) + services << _SEVERITY_BITS) | severities)
    firsts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))  # np.unique takes three times as long
    return _by_keys(keys[firsts], np.diff(firsts, append=len(keys)), names)


def add(parts: Sequence[Counts]) -> Counts:
    """The counts of all parts together."""
    names = sorted({name for part in parts for name in part.services})
    places = {name: place for place, name in enumerate(names)}
    columns = [
        (part.minutes, np.array([places[name] for name in part.services], np.int64)[part.of_service], part.severities)
        for part in parts
    ]
    minutes, services, severities = (np.concatenate(column).astype(np.int64) for column in zip(*columns, strict=True))
    keys, place = np.unique((minutes * len(names) + services << _SEVERITY_BITS) | severities, return_inverse=True)
    records = np.bincount(place, np.concatenate([part.records for part in parts]), len(keys)).astype(np.int64)
    return _by_keys(keys, records, names)


def _by_keys(keys: Numbers, records: Numbers, names: list[str]) -> Counts:
    """Of keys in order; names that none has are left out."""
    minutes, of_service = np.divmod(keys >> _SEVERITY_BITS, len(names))
    used = np.unique(of_service)
    found = [names[place] for place in used.tolist()]
    return Counts(found, minutes, np.searchsorted(used, of_service), keys & ((1 << _SEVERITY_BITS) - 1), records)


def pack(counts: Counts) -> bytes:
    """The bytes of the catalog."""
    names = orjson.dumps(counts.services)
    arrays = [getattr(counts, name).astype(kind).tobytes() for name, kind in _TYPES]
    packed = b"".join([_HEADER.pack(len(names), len(counts.records)), names, *arrays])
    return zstandard.ZstdCompressor(level=1).compress(packed)


def unpack(packed: bytes) -> Counts:
    """The inverse of `pack`."""
    content = zstandard.ZstdDecompressor().decompress(packed)
    length, entries = _HEADER.unpack_from(content)
    at = _HEADER.size + length
    names: list[str] = orjson.loads(content[_HEADER.size : at])
    columns = []
    for _, kind in _TYPES:
        columns.append(np.frombuffer(content, kind, entries, at))
        at += columns[-1].nbytes
    return Counts(names, *columns)

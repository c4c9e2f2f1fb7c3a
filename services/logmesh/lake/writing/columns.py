"""Checked batches as Arrow columns, in the order in which a file has them.

Batches are small and many: each of them costs a few Python lists, and numpy is called once for all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from logmesh.lake.layout import Places, row_groups
from logmesh.lake.schema import ROW_GROUP_BYTES, SCHEMA
from logmesh.lake.writing.arrays import few, ids, joined, texts
from logmesh.record.entry import clean_text
from logmesh.record.ids import ENTRY_BITS
from logmesh.record.kept import Kept
from logmesh.record.limits import MAX_SEVERITY_TEXT_BYTES
from logmesh.record.origin_texts import OriginTexts
from logmesh.record.rare import rare_texts

_MAX_TIME: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Checked:
    """What is stored of a batch: bodies are UTF-8, attributes in their one form. `origins` is the batch's dictionary, `origin_of` by
    row a place in it (None: all are of the first)."""

    tenant: str
    spool: int
    seq: int
    received_unix_nano: int
    origins: Sequence[OriginTexts]
    origin_of: Any | None
    kept: Kept
    size: int = 0  # about how many bytes it has

    def origin_indexes(self) -> Sequence[int]:
        """By row, its place in `origins`."""
        return [0] * len(self.kept.bodies) if self.origin_of is None else self.origin_of.tolist()


@dataclass(frozen=True, slots=True)
class Clock:
    """`latest` is the greatest time that a record may have, in nanoseconds by the database's clock, which is so far `ahead` of ours."""

    latest: int
    ahead: int = 0

    def fallback(self, observed: int, received: int) -> int:
        """The time of a record that has none: when its source read it, if that can be, or else when this machine received it."""
        return observed if 0 < observed <= self.latest else received + self.ahead


class Columns:
    """The records of some batches, column by column, one batch after the other. `times` are nanoseconds, `original` those that came
    where they are others (0: they are not; None: none are), `severities` 0 to 24, `services` places in `service_names`, which are
    sorted; ids are packed, zeros for none, and empty where no record has one."""

    def __init__(self, batches: Sequence[Checked], clock: Clock) -> None:
        self.batches = batches
        self.counts = [len(batch.kept.bodies) for batch in batches]
        self.rows = sum(self.counts)
        self.times, self.original = self._make_times(clock)
        self.severities = np.frombuffer(b"".join([batch.kept.severities for batch in batches]), np.uint8)
        self.spools = np.repeat(_ints([batch.spool for batch in batches]), self.counts)
        self.positions = self._make_positions()
        self.trace_ids = self._ids("trace_ids", 16)
        self.span_ids = self._ids("span_ids", 8)
        self._origins: list[OriginTexts] = []
        self._origin_of = self._make_origins()
        self.service_names = sorted({origin.service for origin in self._origins})
        numbers = {name: number for number, name in enumerate(self.service_names)}
        by_origin = np.array([numbers[origin.service] for origin in self._origins], np.int64)
        self.services = by_origin[self._origin_of]

    def row_groups(self, rows: "Places | None" = None) -> list[Places]:
        """Places of these rows, or all, by row group, as a file has them."""
        rows = np.arange(self.rows) if rows is None else rows
        sizes = None if (known := self._sizes()) is None else known[rows]
        groups, _ = row_groups(self.times[rows], self.services[rows], len(self.service_names), sizes)
        return [rows[places] for places in groups]

    def table(self, rows: Places) -> pa.Table:
        """The rows at these places, in this rows, as `schema.SCHEMA` has them."""
        origin_of = self._origin_of[rows]
        of_origins = {
            name: few(list(column), origin_of, empty_is_null=name == "origin_extra")
            for name, column in zip(_ORIGIN_COLUMNS, zip(*self._origins, strict=True), strict=True)
        }
        columns: dict[str, pa.Array] = {
            "time": pa.array(self.times[rows]),
            "received": pa.array(self.received()[rows]),
            "original_time_unix_nano": self._original_times(rows),
            "severity": pa.array(self.severities[rows].astype(np.int32)),
            "severity_text": self._severity_texts(rows),
            **of_origins,
            "body": texts(self._bodies, rows),
            "attributes": texts(self._attributes, rows, empty_is_null=True),
            "extra": self._extras(rows),
            "trace_id": ids(self.trace_ids, rows, 16),
            "span_id": ids(self.span_ids, rows, 8),
            "spool": pa.array(self.spools[rows]),
            "position": pa.array(self.positions[rows]),
        }
        return pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)

    @cached_property
    def _bodies(self) -> pa.ChunkedArray:
        return joined([batch.kept.bodies for batch in self.batches])

    @cached_property
    def _attributes(self) -> pa.ChunkedArray:
        return joined([batch.kept.attributes for batch in self.batches])

    def _make_times(self, clock: Clock) -> tuple[Any, Any]:
        """Times, and by row the one that came, 0 where that is the same."""
        stated = np.frombuffer(
            b"".join([batch.kept.packed(batch.kept.columns.times_unix_nano, 8) for batch in self.batches]), "<u8"
        )
        if not stated.all():
            fallbacks = [
                clock.fallback(batch.kept.columns.observed_time_unix_nano, batch.received_unix_nano)
                for batch in self.batches
            ]
            stated = np.where(stated == 0, np.repeat(np.array(fallbacks, np.uint64), self.counts), stated)
        if not len(stated) or stated.max() <= clock.latest:
            return stated.astype(np.int64), None
        original = np.where(stated > clock.latest, np.minimum(stated, np.uint64(_MAX_TIME)), np.uint64(0))
        return np.minimum(stated, np.uint64(clock.latest)).astype(np.int64), original.astype(np.int64)

    def _make_origins(self) -> Any:
        """By row, which origin; fills `_origins`, each once."""
        known: dict[OriginTexts, int] = {}
        numbers: list[int] = []  # of all batches' dictionaries, one after the other
        firsts: list[int] = []
        for batch in self.batches:
            firsts.append(len(numbers))
            numbers += [known.setdefault(origin, len(known)) for origin in batch.origins]
        self._origins = list(known)
        places = np.repeat(_ints(firsts), self.counts)
        begin = 0
        for batch, count in zip(self.batches, self.counts, strict=True):
            if batch.origin_of is not None:
                places[begin : begin + count] += batch.origin_of
            begin += count
        return _ints(numbers)[places] if self.rows else places

    def _sizes(self) -> Any | None:
        """By row about how many bytes its texts have; None where all have room in one row group."""
        if sum([batch.size for batch in self.batches]) <= ROW_GROUP_BYTES:
            return None
        bodies = chain.from_iterable([batch.kept.bodies for batch in self.batches])
        attributes = chain.from_iterable([batch.kept.attributes for batch in self.batches])
        return _lengths(bodies, self.rows) + _lengths(attributes, self.rows)

    def spans(self) -> list[tuple[str, int, int]]:
        """By batch that has records its tenant, and the first and the last of their times."""
        there = [(batch.tenant, count) for batch, count in zip(self.batches, self.counts, strict=True) if count]
        if not there:
            return []
        begins = np.cumsum([0, *(count for _, count in there[:-1])])
        firsts, lasts = np.minimum.reduceat(self.times, begins), np.maximum.reduceat(self.times, begins)
        return list(zip([tenant for tenant, _ in there], firsts.tolist(), lasts.tolist(), strict=True))

    def received(self) -> Any:
        """By row, when its batch was logged, in nanoseconds."""
        return np.repeat(_ints([batch.received_unix_nano for batch in self.batches]), self.counts)

    def _make_positions(self) -> Any:
        firsts = _ints([batch.seq for batch in self.batches]) << ENTRY_BITS
        return np.repeat(firsts, self.counts) + np.concatenate([batch.kept.entries for batch in self.batches])

    def _ids(self, name: str, width: int) -> bytes:
        columns = [batch.kept.packed(getattr(batch.kept.columns, name), width) for batch in self.batches]
        if not any(columns):
            return b""
        return b"".join([column or bytes(count * width) for column, count in zip(columns, self.counts, strict=True)])

    def _original_times(self, rows: Any) -> pa.Array:
        if self.original is None:
            return pa.nulls(len(rows), pa.int64())
        original = self.original[rows]
        return pa.array(original, mask=original == 0)

    def _severity_texts(self, rows: Any) -> pa.Array:
        if not any(batch.kept.columns.severity_texts for batch in self.batches):
            return few([""], np.zeros(len(rows), np.int32), empty_is_null=True)
        known: dict[bytes, int] = {}
        numbers: list[int] = []
        for batch, count in zip(self.batches, self.counts, strict=True):
            said: list[bytes] = batch.kept.columns.severity_texts[:] or [b""] * count
            at = batch.kept.at if batch.kept.columns.severity_texts else None
            for text in set(said):
                known.setdefault(text, len(known))
            numbers += map(known.__getitem__, said if at is None else [said[i] for i in at])
        names = [clean_text(text, MAX_SEVERITY_TEXT_BYTES).decode() for text in known]
        return few(names, _ints(numbers)[rows], empty_is_null=True)

    def _extras(self, rows: Places) -> pa.Array:
        parts = [
            rare_texts(batch.kept.columns, range(count) if batch.kept.at is None else batch.kept.at)
            for batch, count in zip(self.batches, self.counts, strict=True)
        ]
        if not any(parts):
            return pa.nulls(len(rows), pa.string())
        filled = [part or [b""] * count for part, count in zip(parts, self.counts, strict=True)]
        return texts(joined(filled), rows, empty_is_null=True)


_ORIGIN_COLUMNS: Final = ("service", "instance", "resource", "scope_name", "scope_version", "origin_extra")
"""As `OriginTexts` has them."""


def _ints(numbers: Sequence[int]) -> Any:
    return np.array(numbers, np.int64)


def _lengths(texts: Iterable[bytes], count: int) -> Any:
    return np.fromiter(map(len, texts), np.int64, count)

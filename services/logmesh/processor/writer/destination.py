"""Where records go: what the writer asks of each destination, and rows, the first of them."""

from collections.abc import Sequence
from typing import Protocol

import asyncpg

from logmesh.processor.entries import Moment
from logmesh.processor.writer.flush import flush
from logmesh.processor.writer.opened import Opened
from logmesh.processor.writer.prepare import Prepared, RefusedEntries, prepare
from logmesh.processor.writer.sort import Branches, Flushed
from logmesh.storage.recent_traces import ROWS, Layout


class Destination(Protocol):
    """`numbers_origins`: whether it refers to what produced records by the database's numbers, which are resolved before. `earliest`:
    see `Moment`. `cached_as` is the form of `Prepared.traces`, which those have that were flushed. `flush_rows`: so many are worth a
    flush."""

    flush_rows: int
    numbers_origins: bool
    cached_as: Layout
    earliest: int | None

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next flush, since what is stored is far from being in order."""
        ...

    def prepare(
        self, group: Sequence[Opened], moment: Moment, *, strict: bool, refused: RefusedEntries | None
    ) -> list[Prepared]:
        """Make ready what a flush stores, on a thread. `strict` checks each entry, for groups that the database has refused;
        `refused` names entries that it refused all the same."""
        ...

    async def flush(self, connection: "asyncpg.Connection", group: list[Prepared], branches: Branches) -> Flushed:
        """Store a group exactly once, with the ledger, in one transaction; whatever it raises, to do it again is right."""
        ...

    def close(self) -> None:
        """Wait for what runs on a thread."""
        ...


class Rows:
    """Rows of `logmesh.logs`, by COPY; `with_traces` also keeps them by trace, for the cache."""

    flush_rows = 10_000  # with twice as many, a row costs a hundredth less, and a processor takes 10 MiB more
    numbers_origins = True
    cached_as = ROWS
    earliest: int | None = None  # partitions are made for some days
    pause_seconds = 0.0

    def __init__(self, *, with_traces: bool) -> None:
        self._with_traces = with_traces

    def prepare(
        self, group: Sequence[Opened], moment: Moment, *, strict: bool, refused: RefusedEntries | None
    ) -> list[Prepared]:
        """See `Destination`."""
        return prepare(group, moment, with_traces=self._with_traces, strict=strict, refused=refused)

    async def flush(self, connection: "asyncpg.Connection", group: list[Prepared], branches: Branches) -> Flushed:
        """See `Destination`."""
        return await flush(connection, group, branches)

    def close(self) -> None:
        """Nothing runs."""

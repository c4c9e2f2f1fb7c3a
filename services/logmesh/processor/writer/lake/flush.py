"""The destination of columns: large parts of a group become files, the others hot rows, and one transaction makes both count, with the
ledger.

Nothing is written while ledger rows are locked. So a group is sorted by the ledger without a lock first, its files are written, and
then the transaction sorts it again: where that finds anything else, all is rolled back and begins anew. It ends, for what the ledger
holds only grows. What was written in vain is deleted where that is certain; else its number is still pending, and a sweep finds it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import asyncpg

from logmesh.lake.folder import path_of
from logmesh.lake.trace_slices import slices_of
from logmesh.lake.writing.columns import Clock, Columns
from logmesh.lake.writing.filing import Filed, NoNumberLeft, file_batches, split
from logmesh.lake.writing.hot_rows import COLUMNS
from logmesh.lake.writing.live import committing, make_live, reserve
from logmesh.processor.entries import Moment
from logmesh.processor.writer.flush import refusing
from logmesh.processor.writer.lake.behind import Behind
from logmesh.processor.writer.lake.prepare import prepare_columns
from logmesh.processor.writer.ledger import advance, copy_dead_letters, lock, look
from logmesh.processor.writer.note import note
from logmesh.processor.writer.opened import Opened
from logmesh.processor.writer.prepare import Prepared, RefusedEntries
from logmesh.processor.writer.requests import look_up, remember
from logmesh.processor.writer.sort import Branches, Flushed, sort
from logmesh.storage.incarnation import read_incarnation
from logmesh.storage.recent_traces import LAKE
from logmesh.storage.sql import load

_NUMBERS_AT_ONCE = 64
_NUMBERS_LAST_SECONDS = 300.0
"""Numbers that are given out longer than that are not used: a sweep takes them for a dead process's."""
_COPY_MESSAGE_BYTES = 1 << 18
T = TypeVar("T")


class _NotAsExpected(Exception):
    """The transaction found another state than the files were written for. `locked` are batches whose spool somebody else has locked;
    `without_generation`: none takes rows."""

    def __init__(self, locked: Sequence[Prepared] = (), *, without_generation: bool = False) -> None:
        self.locked, self.without_generation = locked, without_generation


class Lake:
    """See `Destination`. Files lie under `root`; `owner` names this process in the catalog; `with_traces` keeps what is stored by
    trace, too, for the cache. Times are judged by the moment at which the newest group was prepared."""

    flush_rows = 20_000  # a row group; what a file and a transaction cost is 7 % of half as many, with all else
    numbers_origins = False
    cached_as = LAKE
    earliest: int | None = 1  # any time has its place

    def __init__(self, root: Path, owner: str, *, with_traces: bool = False) -> None:
        self._root, self._owner, self._with_traces = root, owner, with_traces
        self._clock = Clock(0)
        self._behind = Behind()
        self._numbers: deque[int] = deque()
        self._numbers_from = ""  # the incarnation that gave them out
        self._numbers_end = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lake")

    @property
    def pause_seconds(self) -> float:
        """See `Destination`."""
        return self._behind.pause_seconds

    def prepare(
        self, group: Sequence[Opened], moment: Moment, *, strict: bool, refused: RefusedEntries | None
    ) -> list[Prepared]:
        """See `Destination`."""
        self._clock = Clock(moment.high, moment.ahead)
        return prepare_columns(group, strict=strict, refused=refused or {})

    async def flush(self, connection: "asyncpg.Connection", group: list[Prepared], branches: Branches) -> Flushed:
        """See `Destination`."""
        await self._behind.look(connection)
        incarnation = (await read_incarnation(connection)).name
        if incarnation != self._numbers_from:
            self._numbers.clear()
            self._numbers_from = incarnation
        locked: list[Prepared] = []
        while True:
            away = set(map(id, locked))
            left = [prepared for prepared in group if id(prepared) not in away]
            seen = await look(connection, {prepared.spool for prepared in left})
            expected, _ = await look_up(connection, sort(left, seen, branches.copy()).stored)
            clock = self._clock
            filed = await self._file(connection, expected, clock)
            learnt = branches.copy()
            try:
                async with committing(connection, self._paths(filed)):
                    flushed = await self._store(connection, left, expected, filed, learnt)
            except _NotAsExpected as found:
                locked += found.locked
                if found.without_generation:
                    await connection.execute("SELECT logmesh.open_generation()")
                continue
            branches.become(learnt)
            flushed.locked.extend(locked)
            if self._with_traces:
                await self._on_thread(partial(_keep_traces, flushed.stored, clock))
            return flushed

    def close(self) -> None:
        """See `Destination`."""
        self._thread.shutdown(wait=True)

    async def _file(self, connection: "asyncpg.Connection", expected: Sequence[Prepared], clock: Clock) -> Filed:
        checked = [prepared.checked for prepared in expected if prepared.checked is not None]
        while True:
            await self._have_numbers(connection, 2 * len(split(checked)[0]))
            try:
                return await self._on_thread(
                    partial(file_batches, checked, self._root, self._numbers_from, self._numbers, clock)
                )
            except NoNumberLeft:
                continue

    async def _have_numbers(self, connection: "asyncpg.Connection", count: int) -> None:
        now = time.monotonic()
        if now > self._numbers_end:
            self._numbers.clear()
        if len(self._numbers) >= count:
            return
        more = await reserve(connection, self._owner, max(count, _NUMBERS_AT_ONCE))
        if not self._numbers:
            self._numbers_end = now + _NUMBERS_LAST_SECONDS
        self._numbers += more

    async def _store(
        self,
        connection: "asyncpg.Connection",
        group: list[Prepared],
        expected: list[Prepared],
        filed: Filed,
        branches: Branches,
    ) -> Flushed:
        ledger = await lock(connection, {prepared.spool for prepared in group})
        flushed = sort(group, ledger, branches)
        flushed.stored[:], flushed.repeated[:] = await remember(connection, flushed.stored)
        if list(map(id, flushed.stored)) != list(map(id, expected)):
            raise _NotAsExpected(flushed.locked)
        if not flushed.stored:
            if flushed.repeated:
                await advance(connection, [], flushed.repeated, ledger)
            return flushed
        if not await make_live(connection, self._numbers_from, filed.files):  # a sweep was there
            self._numbers.clear()
            raise _NotAsExpected
        await self._copy_hot(connection, filed, flushed.stored)
        await copy_dead_letters(connection, flushed.stored)
        await advance(connection, flushed.stored, flushed.repeated, ledger)
        await connection.execute(load("note_flush"), *note(flushed.stored, filed.minutes))
        return flushed

    async def _copy_hot(self, connection: "asyncpg.Connection", filed: Filed, stored: Sequence[Prepared]) -> None:
        if not filed.hot:
            return
        generation: int | None = await connection.fetchval("SELECT logmesh.hold_generation()")
        if generation is None:
            raise _NotAsExpected(without_generation=True)
        of_checked = {id(prepared.checked): prepared for prepared in stored}
        with refusing([of_checked[id(checked)] for checked in filed.hot]):
            await connection.copy_to_table(
                f"hot_{generation}",
                schema_name="logmesh",
                columns=COLUMNS,
                format="binary",
                source=_pieces(filed.hot_data),
            )

    def _paths(self, filed: Filed) -> list[Path]:
        return [path_of(self._root, self._numbers_from, file.file) for file in filed.files]

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _keep_traces(stored: Sequence[Prepared], clock: Clock) -> None:
    """Give each batch its records by trace; `clock` is the one by which they were stored."""
    filled = [(prepared, prepared.checked) for prepared in stored if prepared.checked is not None]
    of_batches = slices_of(Columns([checked for _, checked in filled], clock)) if filled else []
    for (prepared, _), traces in zip(filled, of_batches, strict=True):
        prepared.traces = traces


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for first in range(0, len(data), _COPY_MESSAGE_BYTES):
        yield data[first : first + _COPY_MESSAGE_BYTES]

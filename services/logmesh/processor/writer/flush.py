"""The flush transaction: lock the ledger, drop what it holds and what repeated requests brought, COPY the rest, advance the ledger,
add to the counts, note what was stored for tails, commit.

Whatever happens to a COMMIT whose answer was lost, running the transaction again is right: the ledger tells.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence

import asyncpg

from logmesh.processor import counts
from logmesh.processor.writer.ledger import advance, copy_dead_letters, lock
from logmesh.processor.writer.note import note
from logmesh.processor.writer.prepare import Prepared
from logmesh.processor.writer.requests import remember
from logmesh.processor.writer.sort import Branches, Flushed, sort
from logmesh.storage.copy_rows import COLUMNS, COPY_HEADER, COPY_TRAILER
from logmesh.storage.postgres import is_data_error
from logmesh.storage.sql import load

COMPRESS_ROWS = 2_000
"""Fewer cost less as rows that TimescaleDB converts later: a compressed batch has one service's rows of one flush."""
_COPY_MESSAGE_BYTES = 1 << 16
_LARGE_BYTES = 1 << 18
_LINE = re.compile(r"COPY \w+, line (\d+)")


class RowRefused(Exception):
    """A row made COPY fail. `found` is its batch and its place in it, from the line that PostgreSQL names; None when it names none."""

    def __init__(self, found: tuple[Prepared, int] | None, reason: str) -> None:
        super().__init__(reason)
        self.found = found


async def flush(connection: "asyncpg.Connection", group: list[Prepared], branches: Branches) -> Flushed:
    """Store `group` exactly once; `branches` are what was refused before. Raises LedgerChanged, RowRefused, SchemaBehind, or what
    asyncpg raises; then nothing is known to be stored."""
    learnt = branches.copy()
    async with connection.transaction():
        compress = sum(prepared.rows for prepared in group) >= COMPRESS_ROWS
        await connection.fetch(load("set_flush"), "on" if compress else "off")
        ledger = await lock(connection, {prepared.spool for prepared in group})
        flushed = sort(group, ledger, learnt)
        flushed.stored[:], flushed.repeated[:] = await remember(connection, flushed.stored)
        if flushed.stored:
            with refusing(flushed.stored):
                await _copy(connection, flushed.stored)
                await copy_dead_letters(connection, flushed.stored)
        if flushed.stored or flushed.repeated:
            # Late, because other flushes wait for these rows.
            await advance(connection, flushed.stored, flushed.repeated, ledger)
        if flushed.stored:
            counted = counts.count([one.count_keys for one in flushed.stored])
            await connection.execute(load("add_counts"), *counted)
            await connection.execute(load("note_flush"), *note(flushed.stored, _minutes(flushed.stored)))
    branches.become(learnt)
    return flushed


def _minutes(stored: Sequence[Prepared]) -> dict[str, tuple[int, int]]:
    """By tenant that has rows, the first and the last minute of these."""
    keys: defaultdict[str, list[bytes]] = defaultdict(list)
    for one in stored:
        if one.rows:
            keys[one.batch.key.tenant].append(one.count_keys)
    return {tenant: counts.minutes(mine) for tenant, mine in keys.items()}


async def _copy(connection: "asyncpg.Connection", stored: list[Prepared]) -> None:
    if any(prepared.rows for prepared in stored):
        await connection.copy_to_table(
            "logs", schema_name="logmesh", columns=COLUMNS, format="binary", source=_copy_data(stored)
        )


@contextlib.contextmanager
def refusing(copied: Sequence[Prepared]) -> Iterator[None]:
    """A COPY of the rows of these batches, in their order: raises RowRefused where one of them is at fault."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if is_data_error(error):
            raise RowRefused(_refused_row(error, copied), type(error).__name__) from error
        raise


def _refused_row(error: BaseException, copied: Sequence[Prepared]) -> tuple[Prepared, int] | None:
    match = _LINE.search(getattr(error, "context", None) or "")
    if match is None:
        return None
    line = int(match[1])
    for prepared in copied:
        if line <= prepared.rows:
            return prepared, int(prepared.entries[line - 1])
        line -= prepared.rows
    return None


async def _copy_data(stored: list[Prepared]) -> AsyncIterator[bytes]:
    yield COPY_HEADER
    small: list[bytes] = []
    size = 0
    for prepared in stored:
        if len(prepared.data) > _LARGE_BYTES:  # asyncpg and the event loop would each hold it whole
            yield b"".join(small)
            small, size = [], 0
            for begin in range(0, len(prepared.data), _LARGE_BYTES):
                yield prepared.data[begin : begin + _LARGE_BYTES]
            continue
        small.append(prepared.data)
        size += len(prepared.data)
        if size >= _COPY_MESSAGE_BYTES:
            yield b"".join(small)
            small, size = [], 0
    yield b"".join([*small, COPY_TRAILER])

"""The flush transaction: lock the ledger, drop what it holds, COPY the rest, advance the ledger, add to the counts, note
what was stored for tails, commit.

Whatever happens to a COMMIT whose answer was lost, running the transaction again is right: the ledger tells.
"""

import re
from collections.abc import AsyncIterator

import asyncpg

from logmesh.processor import counts
from logmesh.processor.writer.note import note
from logmesh.processor.writer.prepare import Prepared
from logmesh.processor.writer.sort import Flushed, Standing, sort
from logmesh.record.ids import position_of
from logmesh.storage.copy_rows import COLUMNS, COPY_HEADER, COPY_TRAILER
from logmesh.storage.multirange import from_multirange
from logmesh.storage.postgres import is_data_error
from logmesh.storage.sql import load

DEAD_LETTER_BYTES = 64 * 1024
COMPRESS_ROWS = 2_000
"""Fewer cost less as rows that TimescaleDB converts later: a compressed batch has one service's rows of one flush."""
_COPY_MESSAGE_BYTES = 1 << 16
_LINE = re.compile(r"COPY logs, line (\d+)")


class LedgerChanged(Exception):
    """A spool is not in the database any more: it was restored or replaced. Numbers must be looked up anew."""


class RowRefused(Exception):
    """A row made COPY fail. `found` is its batch and its place in it, from the line that PostgreSQL names; None when it names none."""

    def __init__(self, found: tuple[Prepared, int] | None, reason: str) -> None:
        super().__init__(reason)
        self.found = found


async def flush(connection: "asyncpg.Connection", group: list[Prepared]) -> Flushed:
    """Store `group` exactly once. Raises LedgerChanged, RowRefused, or what asyncpg raises; then nothing is known to be stored."""
    async with connection.transaction():
        compress = sum(prepared.rows for prepared in group) >= COMPRESS_ROWS
        await connection.fetch(load("set_flush"), "on" if compress else "off")
        standings = await _lock(connection, {prepared.spool for prepared in group})
        flushed = sort(group, standings)
        if flushed.stored:
            try:
                await _copy(connection, flushed.stored)
            except asyncpg.PostgresError as error:
                if is_data_error(error):
                    raise RowRefused(_refused_row(error, flushed.stored), type(error).__name__) from error
                raise
            # Last, because other flushes wait for these rows.
            await connection.execute(load("advance_ledger"), *_advance(flushed.stored, standings))
            counted = counts.columns(counts.count([one.count_keys for one in flushed.stored if one.rows]))
            await connection.execute(load("add_counts"), *counted)
            await connection.execute(load("note_flush"), *note(flushed.stored, counted[0]))
    return flushed


async def _lock(connection: "asyncpg.Connection", spools: set[int]) -> dict[int, Standing]:
    """Lock the ledger's rows that nobody else has locked, and return what they hold. Raises LedgerChanged."""
    rows = await connection.fetch(load("lock_spools"), list(spools))
    held = {row["spool"]: Standing(from_multirange(row["committed"]), row["newest"], row["chain"]) for row in rows}
    if any(row["has_moved"] for row in rows):
        raise LedgerChanged("a producer was moved to another tenant")
    if missing := spools - held.keys():
        there = {row["spool"] for row in await connection.fetch(load("list_spools"), list(missing))}
        if gone := missing - there:
            raise LedgerChanged(f"{len(gone)} spools are gone from the ledger")
    return held


async def _copy(connection: "asyncpg.Connection", stored: list[Prepared]) -> None:
    if any(prepared.rows for prepared in stored):
        await connection.copy_to_table(
            "logs", schema_name="logmesh", columns=COLUMNS, format="binary", source=_copy_data(stored)
        )
    if any(prepared.dead for prepared in stored):
        await connection.copy_records_to_table(
            "dead_letters",
            schema_name="logmesh",
            columns=("tenant", "spool", "position", "reason", "entry"),
            records=[
                (
                    prepared.batch.key.tenant,
                    prepared.spool,
                    position_of(prepared.batch.seq, dead.entry),
                    dead.reason,
                    dead.content[:DEAD_LETTER_BYTES],
                )
                for prepared in stored
                for dead in prepared.dead
            ],
        )


def _refused_row(error: BaseException, stored: list[Prepared]) -> tuple[Prepared, int] | None:
    match = _LINE.search(getattr(error, "context", None) or "")
    if match is None:
        return None
    line = int(match[1])
    for prepared in stored:
        if line <= prepared.rows:
            return prepared, int(prepared.entries[line - 1])
        line -= prepared.rows
    return None


async def _copy_data(stored: list[Prepared]) -> AsyncIterator[bytes]:
    yield COPY_HEADER
    small: list[bytes] = []
    size = 0
    for prepared in stored:
        small.append(prepared.data)
        size += len(prepared.data)
        if size >= _COPY_MESSAGE_BYTES:
            yield b"".join(small)
            small, size = [], 0
    yield b"".join([*small, COPY_TRAILER])


def _advance(
    stored: list[Prepared], standings: dict[int, Standing]
) -> tuple[list[int], list[str], list[int], list[int], list[float], list[int], list[int]]:
    """The parameters of advance_ledger.sql."""
    of_spool: dict[int, list[Prepared]] = {}
    for prepared in stored:
        of_spool.setdefault(prepared.spool, []).append(prepared)
    groups = of_spool.values()
    return (
        list(of_spool),
        ["{" + ",".join([f"[{one.batch.seq},{one.batch.seq + 1})" for one in group]) + "}" for group in groups],
        [sum([one.rows for one in group]) for group in groups],
        [sum([one.dead_count for one in group]) for group in groups],
        [max([one.max_time_unix_nano for one in group]) / 1e9 for group in groups],
        [standings[spool].newest for spool in of_spool],
        [standings[spool].chain for spool in of_spool],
    )

"""The flush transaction: lock the ledger, drop what it holds, COPY the rest, advance the ledger, add to the counts, commit.

Whatever happens to a COMMIT whose answer was lost, running the transaction again is right: the ledger tells.
"""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg

from logmesh.processor import counts
from logmesh.processor.prepare import Prepared
from logmesh.record.ids import position_of
from logmesh.record.ranges import RangeSet
from logmesh.storage.copy_rows import COLUMNS, COPY_HEADER, COPY_TRAILER
from logmesh.storage.multirange import from_multirange, to_multirange
from logmesh.storage.sql import load

DEAD_LETTER_BYTES = 64 * 1024
COMPRESS_ROWS = 2_000
"""Fewer cost less as rows that TimescaleDB converts later: a compressed batch has one service's rows of one flush."""
_LINE = re.compile(r"COPY logs, line (\d+)")


class LedgerChanged(Exception):
    """A spool is not in the database any more: it was restored or replaced. Numbers must be looked up anew."""


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a committed flush did: batches that it stored, and those that the ledger already held."""

    stored: list[Prepared]
    duplicates: list[Prepared]


async def flush(connection: "asyncpg.Connection", group: list[Prepared]) -> Flushed:
    """Store `group` exactly once. Raises LedgerChanged, or what asyncpg raises; then nothing is known to be stored."""
    async with connection.transaction():
        compress = sum(prepared.rows for prepared in group) >= COMPRESS_ROWS
        await connection.fetch(load("set_flush"), "on" if compress else "off")
        rows = await connection.fetch(load("lock_spools"), list({prepared.spool for prepared in group}))
        held = {row["spool"]: from_multirange(row["committed"]) for row in rows}
        if missing := {prepared.spool for prepared in group} - held.keys():
            raise LedgerChanged(f"spools {sorted(missing)} are gone from the ledger")
        stored, duplicates = _sort(group, held)
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
        if stored:
            # Last, because other flushes wait for these rows.
            await connection.execute(load("advance_ledger"), *_advance(stored))
            await connection.execute(
                load("add_counts"), *counts.columns(counts.add(prepared.counts for prepared in stored))
            )
    return Flushed(stored, duplicates)


def refused_row(error: BaseException, group: list[Prepared]) -> tuple[Prepared, int] | None:
    """Find the record that made COPY fail, from the line that PostgreSQL names; None when it names none."""
    match = _LINE.search(getattr(error, "context", None) or "")
    if match is None:
        return None
    line = int(match[1])
    for prepared in group:
        if line <= prepared.rows:
            return prepared, int(prepared.entries[line - 1])
        line -= prepared.rows
    return None


def _sort(group: list[Prepared], held: dict[int, RangeSet]) -> tuple[list[Prepared], list[Prepared]]:
    stored: list[Prepared] = []
    duplicates: list[Prepared] = []
    for prepared in group:
        ranges = held[prepared.spool]
        if prepared.batch.seq in ranges:
            duplicates.append(prepared)
        else:
            ranges.add(prepared.batch.seq)
            stored.append(prepared)
    return stored, duplicates


async def _copy_data(stored: list[Prepared]) -> AsyncIterator[bytes]:
    yield COPY_HEADER
    for prepared in stored:
        yield prepared.data
    yield COPY_TRAILER


def _advance(stored: list[Prepared]) -> tuple[list[int], list[str], list[int], list[int], list[float]]:
    spools = sorted({prepared.spool for prepared in stored})
    ranges = {spool: RangeSet() for spool in spools}
    rows, dead, newest = dict.fromkeys(spools, 0), dict.fromkeys(spools, 0), dict.fromkeys(spools, 0)
    for prepared in stored:
        ranges[prepared.spool].add(prepared.batch.seq)
        rows[prepared.spool] += prepared.rows
        dead[prepared.spool] += prepared.dead_count
        newest[prepared.spool] = max(newest[prepared.spool], prepared.max_time_unix_nano)
    now = time.time()
    return (
        spools,
        [to_multirange(ranges[spool]) for spool in spools],
        [rows[spool] for spool in spools],
        [dead[spool] for spool in spools],
        [max(now - newest[spool] / 1e9, 0) if newest[spool] else 0 for spool in spools],
    )

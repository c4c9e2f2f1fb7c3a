"""What a flush does with the ledger, whatever store its records go to: lock spools, note dead letters, advance."""

import time
from dataclasses import replace

import asyncpg

from logmesh.processor.writer.prepare import Prepared
from logmesh.processor.writer.sort import LedgerRow
from logmesh.record.ids import position_of
from logmesh.storage.multirange import from_multirange
from logmesh.storage.postgres import check_layout
from logmesh.storage.sql import load

DEAD_LETTER_BYTES = 64 * 1024


class LedgerChanged(Exception):
    """A spool is not in the database any more: it was restored or replaced. Numbers must be looked up anew."""


async def lock(connection: "asyncpg.Connection", spools: set[int]) -> dict[int, LedgerRow]:
    """Lock the ledger's rows that nobody else has locked, and return what they hold. Raises LedgerChanged and SchemaBehind."""
    held = _ledger_rows(await connection.fetch(load("lock_spools"), list(spools)))
    if missing := spools - held.keys():
        there = {row["spool"] for row in await connection.fetch(load("list_spools"), list(missing))}
        if gone := missing - there:
            raise LedgerChanged(f"{len(gone)} spools are gone from the ledger")
    return held


async def look(connection: "asyncpg.Connection", spools: set[int]) -> dict[int, LedgerRow]:
    """What the ledger's rows hold now, locked or not. Raises LedgerChanged and SchemaBehind."""
    held = _ledger_rows(await connection.fetch(load("list_ledger_rows"), list(spools)))
    if gone := spools - held.keys():
        raise LedgerChanged(f"{len(gone)} spools are gone from the ledger")
    return held


def _ledger_rows(rows: "list[asyncpg.Record]") -> dict[int, LedgerRow]:
    if rows:
        check_layout(rows[0]["written_from"])
    if any(row["has_moved"] for row in rows):
        raise LedgerChanged("a producer was moved to another tenant")
    return {
        spool: LedgerRow(from_multirange(committed), newest, chain, principal)
        for spool, committed, newest, chain, principal, *_ in rows
    }


async def copy_dead_letters(connection: "asyncpg.Connection", stored: list[Prepared]) -> None:
    """Store the dead letters of batches."""
    if not any(prepared.dead for prepared in stored):
        return
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


async def advance(
    connection: "asyncpg.Connection", stored: list[Prepared], repeated: list[Prepared], ledger: dict[int, LedgerRow]
) -> None:
    """These batches count as committed, once the transaction is; none of the records of `repeated` ones counts as stored."""
    await connection.execute(load("advance_ledger"), *_advance(stored, repeated, ledger))


def _advance(
    stored: list[Prepared], repeated: list[Prepared], ledger: dict[int, LedgerRow]
) -> tuple[list[int], list[str], list[int], list[int], list[float], list[int], list[int]]:
    """The parameters of advance_ledger.sql."""
    of_spool: dict[int, list[Prepared]] = {}
    for prepared in stored:
        of_spool.setdefault(prepared.spool, []).append(prepared)
    for prepared in repeated:
        nothing = replace(prepared, rows=0, dead_count=0)
        of_spool.setdefault(prepared.spool, []).append(nothing)
    now = time.time()
    rows = [_row(batches, now) for batches in of_spool.values()]
    ranges, records, dead, waited = zip(*rows, strict=True)
    held = [ledger[spool] for spool in of_spool]
    return (
        list(of_spool), list(ranges), list(records), list(dead), list(waited),
        [row.newest for row in held], [row.chain for row in held],
    )  # fmt: skip


def _row(batches: list[Prepared], now: float) -> tuple[str, int, int, float]:
    """What one spool's batches add to its row of the ledger: ranges, rows, dead letters, and for how many seconds the oldest waited."""
    ranges, records, dead, oldest = [], 0, 0, batches[0].batch.received_unix_nano
    for one in batches:  # most often a single one: so no comprehensions, each of which is a call
        seq, received = one.batch.seq, one.batch.received_unix_nano
        ranges.append(f"[{seq},{seq + 1})")
        records += one.rows
        dead += one.dead_count
        if received < oldest:
            oldest = received
    return "{" + ",".join(ranges) + "}", records, dead, max(0.0, now - oldest / 1e9)

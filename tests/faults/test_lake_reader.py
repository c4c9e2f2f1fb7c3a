"""Who counts without pause while records come, become files, are merged, retired and deleted is never wrong."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count

import asyncpg
import pytest
from tests.conftest import Database
from tests.faults.lake_reader import Asking, asking
from tests.integration.lake.batches import columns
from tests.integration.lake.conftest import owner, storing
from tests.integration.lake.storing import Spool, Storing

from logmesh.lake.tending.merge import merge
from logmesh.lake.tending.seal import seal
from logmesh.lake.tending.sweep import sweep
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.storage.sql import load
from logmesh.store.errors import Away
from logmesh.store.time_range import TimeRange

__all__ = ["owner", "storing"]
ROUNDS = 16
HOT_ROWS = 30
DAYS = 30
DAY = 86_400 * 10**9
RARE = "00"
_AGED = "UPDATE logmesh.files SET newest = max_time WHERE max_time < $1"


class Writing:
    """By what is asked for, how many records were sent that it matches, and how many of them were committed."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.committed: Counter[str] = Counter()
        self.is_over = False

    async def write(self, storing: Storing, owner: asyncpg.Connection, has_enough: Callable[[], bool]) -> None:
        """Files, hot rows, and records that retention has passed as soon as they are there, until the reader has enough answers."""
        now = time.time_ns()
        recent, old = (Spool(), Spool()), Spool()
        for each in count():
            if each >= ROUNDS and has_enough():
                break
            batches = [columns(FILE_ROWS, name=f"filed {each}"), columns(HOT_ROWS, name=f"hot {each}")]
            for spool, batch in zip(recent, batches, strict=True):
                coming = Counter({"": len(batch.bodies), RARE: sum(RARE in body.decode() for body in batch.bodies)})
                self.sent += coming
                await storing.store(spool.batch(batch))
                self.committed += coming
            if each % 3 == 0:
                await storing.store(old.batch(columns(FILE_ROWS, at=now - (DAYS + 1) * DAY, name="old 00")))
                await owner.execute(_AGED, now - DAYS * DAY)
        self.is_over = True

    async def tend(self, connection: asyncpg.Connection, storing: Storing) -> int:
        """Returns how often something was done."""
        done = 0
        while not self.is_over:
            sealed = await seal(connection, storing.root, "keeper", seal_seconds=0, wait_seconds=0.1)
            retired = await connection.fetch(load("retire_files"), DAYS)
            merged = await merge(connection, storing.root, "keeper", files=2)
            swept = await sweep(connection, storing.root, pending_seconds=30, dead_seconds=0, unknown_seconds=30)
            done += sealed.generations + bool(retired) + bool(merged) + bool(swept.deleted)
        return done


async def _count(asked: Asking, how: str, text: str) -> int:
    if how != "found":
        answer: Awaitable[int] = getattr(asked, how)(text)
        return await answer
    bodies = await asked.found(text)
    assert len(set(bodies)) == len(bodies), "twice in one answer"
    return len(bodies)


QUESTIONS = [("by_service", ""), ("by_time", ""), ("found", RARE), ("by_service", RARE), ("by_time", RARE)]


@pytest.mark.timeout(300)
async def test_counts_lie_between_what_was_committed_before_and_what_was_sent(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    storing.root.mkdir()
    now, writing, right, away = time.time_ns(), Writing(), 0, 0
    tending = await asyncpg.connect(database.owner_dsn)
    async with asking(database, storing.root, "acme", TimeRange(now - DAY, now + DAY)) as asked:

        async def read() -> None:
            nonlocal right, away
            while not writing.is_over:
                for how, text in QUESTIONS:
                    before = writing.committed[text]
                    try:
                        counted = await _count(asked, how, text)
                    except Away:  # files are deleted at once here, and not after some minutes
                        away += 1
                        continue
                    assert before <= counted <= writing.sent[text], (how, text)
                    right += 1

        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            moved = group.create_task(writing.tend(tending, storing))
            group.create_task(writing.write(storing, owner, lambda: right > 20))
        quiet = [await _count(asked, how, text) for how, text in QUESTIONS]
    assert quiet == [writing.sent[text] for _, text in QUESTIONS]
    await tending.close()
    print(f"{right} answers were right while {moved.result()} times something was moved; {away} were refused")
    assert right > 20 and right > away and moved.result() > 5

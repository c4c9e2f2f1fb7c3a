"""What a tenant's tails share of the store: bounded, however much is stored."""

from datetime import UTC, datetime
from typing import Any

import pytest

from logmesh.gateway.tail import readings
from logmesh.gateway.tail.coverage import batches_of, span_of_batches
from logmesh.gateway.tail.flushes import FoundFlushes
from logmesh.gateway.tail.readings import Readings
from logmesh.gateway.tail.snapshot import Place, Snapshot
from logmesh.store.flushes import Flush

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Database:
    """One that has stored a batch more whenever it is asked."""

    def __init__(self) -> None:
        self.xid, self.incarnation = 100, b"database"

    async def find_flushes(self, *_: object) -> FoundFlushes:
        self.xid += 1
        flush = Flush(self.xid, EPOCH, EPOCH, [span_of_batches(1, self.xid, self.xid)])
        forgotten = Place(self.incarnation, Snapshot(1), 0)
        return FoundFlushes(Place(self.incarnation, Snapshot(self.xid + 1), self.xid), [flush], True, forgotten)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(readings, "find_flushes", database.find_flushes)
    return database


def of_tenant() -> Readings:
    pool: Any = None
    return Readings(pool, "default")


async def test_what_is_remembered_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "_REMEMBER_BATCHES", 10)
    shared = of_tenant()
    for _ in range(200):
        await shared._read()
    assert len(shared._chain) == 60
    assert sum(map(len, shared._stored)) <= 20
    assert shared._head is not None
    newest = list(batches_of(span_of_batches(1, database.xid, database.xid)))
    assert shared.stored(newest, shared._head) == set(newest)
    before, _ = shared._chain[-1]
    assert shared.stored(newest, before) == set()  # it is not known there yet


@pytest.mark.parametrize("xid", [50, 500])
async def test_another_database_or_an_earlier_state_of_it_is_seen(database: Database, xid: int) -> None:
    shared = of_tenant()
    for _ in range(3):
        await shared._read()
    database.xid = xid
    if xid > 100:
        database.incarnation = b"another1"
    await shared._read()
    assert not shared._chain
    assert shared._head is not None
    assert shared._head.snapshot.xmax == xid + 3

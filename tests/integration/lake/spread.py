"""Random records in rows alone, of one database, and the same ones spread over rows and the lake in another."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from tests.conftest import Database
from tests.contract.store.asked import MINUTE, NOW, SECOND, record
from tests.integration.gateway.stored import store_records
from tests.integration.lake.written import Lake as WrittenLake

from logmesh.lake.beside_rows import lake_beside_rows
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.rows.reader import Reader
from logmesh.rows.store import RowsStore
from logmesh.storage.postgres import open_pool
from logmesh.store.store import Store
from logmesh.v1.record_pb2 import LogRecord

TRACES: Final = [bytes([n]) * 16 for n in range(1, 4)]
SPOOLS: Final = (1, 2, 3)
_EMPTY: Final = "TRUNCATE logmesh.logs, logmesh.counts, logmesh.origins, logmesh.files, logmesh.hot CASCADE"
_IS_OLD: Final[Sequence[Callable[[random.Random, LogRecord], bool]]] = (
    lambda _, one: one.time_unix_nano < NOW - 5 * MINUTE,  # as after a switch
    lambda draw, _: draw.random() < 0.5,
    lambda draw, _: draw.random() < 0.05,
    lambda _, one: one.resource.service_name == "s1",
    lambda draw, one: one.time_unix_nano < NOW - 3 * MINUTE and draw.random() < 0.8,
)
KINDS: Final = len(_IS_OLD)


@dataclass(frozen=True, slots=True)
class Spread:
    """The two stores, and the records of the last `fill`."""

    alone: Store
    spread: Store
    records: list[LogRecord]
    databases: tuple[Database, Database]
    lake: WrittenLake

    async def fill(self, draw: random.Random, count: int, kind: int = 0) -> None:
        """Records of some minutes, many of one time; `kind` is one of KINDS of ways to spread them."""
        for database in self.databases:
            owner = await asyncpg.connect(database.owner_dsn)
            await owner.execute(_EMPTY)
            await owner.close()
        self.records.clear()
        is_old = _IS_OLD[kind]
        for spool in SPOOLS:
            made = [_drawn(draw) for _ in range(count)]
            self.records.extend(made)
            old = [at for at, one in enumerate(made) if is_old(draw, one)]
            new = sorted(set(range(len(made))) - set(old))
            alone, spread = self.databases
            await store_records(alone, made, spool=spool)
            await store_records(spread, [made[at] for at in old], old, spool=spool)
            cut = draw.randrange(len(new) + 1)
            for positions, store in ((new[:cut], self.lake.put_file), (new[cut:], self.lake.put_rows)):
                if positions:
                    await store([made[at] for at in positions], positions, spool=spool)


def _drawn(draw: random.Random) -> LogRecord:
    age = draw.choice([3, SECOND, 5 * MINUTE, draw.randrange(MINUTE), draw.randrange(1, 10 * MINUTE)])
    attributes = {"user": draw.randrange(12), "id": draw.randrange(10**9), "skewed": int(draw.paretovariate(0.7))}
    return record(
        age,
        f"{draw.choice(['odd', 'even'])} {draw.randrange(50)}",
        service=f"s{draw.choice([0, 0, 0, 1, 2])}",
        instance=f"pod-{draw.randrange(2)}",
        severity=draw.choice([0, 9, 9, 10, 13, 17, 21]),
        trace=draw.choice([b"", b"", *TRACES]),
        attributes=dict(list(attributes.items())[: draw.randrange(4)]),
    )


@asynccontextmanager
async def spread_stores(alone: Database, spread: Database, folder: Path) -> AsyncIterator[Spread]:
    """Both, empty."""
    pools = [await open_pool(database.reader_dsn, application="test", size=1) for database in (alone, spread)]
    workers = Workers(folder, wait_seconds=60)
    both = lake_beside_rows(Lake(Reader(pools[1]), Catalog(folder), workers))
    yield Spread(RowsStore(Reader(pools[0])), both, [], (alone, spread), WrittenLake(spread, folder))
    await workers.close()
    for pool in pools:
        pool.terminate()

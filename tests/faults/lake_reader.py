"""Questions to a lake, each about the same matches, so that any two answers must agree."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from tests.conftest import Database

from logmesh.filters import parse_filter
from logmesh.filters.fields import parse_field
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.rows.reader import Reader
from logmesh.storage.postgres import open_pool
from logmesh.store.counts import Buckets
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange

_SECONDS = 60
_BUCKETS = 24


class Asking:
    """Asks one tenant's records of a range."""

    def __init__(self, store: LakeStore, tenant: str, span: TimeRange) -> None:
        self.store, self._tenant, self._span = store, tenant, span

    async def found(self, text: str) -> list[str]:
        """The bodies of all matches, newest first."""
        window = Window(self._span.start_unix_nano, Cursor(self._span.end_unix_nano))
        search = self.store.search(self._tenant, parse_filter(text), window, 1_000_000, seconds=_SECONDS)
        async with aclosing(search) as parts:
            return [record.body async for part in parts for record in part.records()]

    async def by_service(self, text: str) -> int:
        """How many matches the services have together."""
        (counts,) = await self.store.facets(
            self._tenant,
            parse_filter(text),
            self._span,
            [parse_field("service")],
            50,
            newest=None,
            seconds=_SECONDS,
        )
        assert sum(records for _, records in counts.values) == counts.counted
        return counts.counted

    async def by_time(self, text: str) -> int:
        """How many matches all buckets of a histogram by level have together."""
        width = -(-(self._span.end_unix_nano - self._span.start_unix_nano) // _BUCKETS)
        buckets = Buckets(self._span.start_unix_nano, width, _BUCKETS, self._span)
        values = await self.store.count_values(
            self._tenant, parse_filter(text), self._span, buckets, parse_field("level"), 50, seconds=_SECONDS
        )
        return sum(value.records for value in values)


@asynccontextmanager
async def asking(database: Database, root: Path, tenant: str, span: TimeRange) -> AsyncIterator[Asking]:
    """Of the lake below `root`, whose folder is there."""
    pool = await open_pool(database.reader_dsn, application="test", size=4)
    workers = Workers(root, wait_seconds=_SECONDS)
    yield Asking(LakeStore(Lake(Reader(pool), Catalog(root), workers)), tenant, span)
    await workers.close()
    pool.terminate()

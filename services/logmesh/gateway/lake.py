"""The lake as a gateway's store: one catalog, and a few processes that read files, for all that ask."""

from pathlib import Path

from logmesh.lake.beside_rows import lake_beside_rows
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.recent_traces import RecentTracesOfLake
from logmesh.rows.reader import Reader
from logmesh.store.recent_traces import RecentTraces
from logmesh.store.store import Store


class StoresOfLake:
    """See `Stores`. Files are below `folder`, and up to so many `readers` are processes that read them."""

    def __init__(self, folder: Path, *, readers: int) -> None:
        self._catalog, self._workers = Catalog(folder), Workers(folder, most=readers)

    def store(self, reader: Reader) -> Store:
        """See `Stores`."""
        return lake_beside_rows(Lake(reader, self._catalog, self._workers))

    def recent_traces(self, url: str, reader: Reader) -> RecentTraces:
        """See `Stores`."""
        return RecentTracesOfLake(url)

    async def close(self) -> None:
        """See `Stores`."""
        await self._workers.close()

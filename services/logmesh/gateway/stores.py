"""Where a gateway looks for records, by its settings. Who makes a store makes its cache as well: they have one form."""

from typing import Protocol

from logmesh.gateway.settings import GatewaySettings
from logmesh.rows.reader import Reader
from logmesh.rows.recent_traces import RecentTracesOfRows
from logmesh.rows.store import RowsStore
from logmesh.store.recent_traces import RecentTraces
from logmesh.store.store import Store


class Stores(Protocol):
    """Makes what answers of what reads PostgreSQL: pools are several, and all that they share is here."""

    def store(self, reader: Reader) -> Store:
        """A store of what `reader` reads."""

    def recent_traces(self, url: str, reader: Reader) -> RecentTraces:
        """The cache of such a store in the Redis that `url` names."""

    async def close(self) -> None:
        """End what is shared. Nothing may be asked any more."""


def stores_of(settings: GatewaySettings) -> Stores:
    """Where the settings say that records are."""
    if settings.store == "rows":
        return StoresOfRows()
    # Only where it is used: its libraries take 50 MiB.
    from logmesh.gateway.lake import StoresOfLake

    return StoresOfLake(settings.lake_dir, readers=settings.lake_readers)


class StoresOfRows:
    """See `Stores`."""

    def store(self, reader: Reader) -> Store:
        """See `Stores`."""
        return RowsStore(reader)

    def recent_traces(self, url: str, reader: Reader) -> RecentTraces:
        """See `Stores`."""
        return RecentTracesOfRows(url, reader)

    async def close(self) -> None:
        """Nothing is shared."""

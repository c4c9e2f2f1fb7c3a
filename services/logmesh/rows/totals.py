"""What each service wrote in a period, and how its records came."""

from collections.abc import Collection, Mapping, Sequence

from logmesh.filters.ast import EVERYTHING
from logmesh.rows.counting import from_counts
from logmesh.rows.reader import AsksReader
from logmesh.storage.sql import load
from logmesh.store.counts import Totals
from logmesh.store.time_range import TimeRange


class TotalsOfRows(AsksReader):
    """Sums by service, from the rollup."""

    async def totals(
        self, tenant: str, spans: Sequence[TimeRange], *, seconds: float
    ) -> Sequence[Mapping[str, Totals]]:
        """See Store."""
        found: list[dict[str, Totals]] = []
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            for span in spans:
                statement = from_counts(EVERYTHING, span).add("changes")
                rows = await connection.fetch(statement.sql, *statement.parameters)
                found.append({service: Totals(*totals) for service, *totals in rows})
        return found

    async def written_live(self, tenant: str, totals: Mapping[str, Totals], *, seconds: float) -> Collection[str]:
        """See Store. A row has the time of its receipt."""
        oldest, newest = [one.oldest for one in totals.values()], [one.newest for one in totals.values()]
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            rows = await connection.fetch(load("written_live"), list(totals), oldest, newest)
        return [service for (service,) in rows]

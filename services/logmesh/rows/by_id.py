"""Single records, by their ids, which are spool and position."""

from collections.abc import Mapping, Sequence

from logmesh.record.limits import MAX_AGE, MAX_AHEAD
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp, record_from_row, to_timestamp
from logmesh.storage.sql import load
from logmesh.store.order import Cursor
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

_SECOND_NANO = 10**9


class RowsById(AsksReader):
    """Single records."""

    async def record(
        self, tenant: str, spool: int, position: int, span: TimeRange, *, seconds: float
    ) -> LogRecord | None:
        """See Store."""
        times = to_timestamp(span.start_unix_nano)[0], to_timestamp(span.end_unix_nano)[0]
        async with self._reader.reading(tenant, seconds) as connection:
            row = await connection.fetchrow(load("find_record"), *times, spool, position)
        return None if row is None else record_from_row(row)

    async def records(
        self, tenant: str, places: Sequence[Cursor], *, seconds: float
    ) -> Mapping[tuple[int, int], LogRecord]:
        """See Store."""
        wanted = {(place.spool, place.position) for place in places}
        times, positions = [to_timestamp(place.unix_nano)[0] for place in places], [one.position for one in places]
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            rows = await connection.fetch(load("examples"), times, positions)
        keyed = (((row["spool"], row["position"]), row) for row in rows)
        return {key: record_from_row(row) for key, row in keyed if key in wanted}

    async def times_of(self, tenant: str, spool: int, *, seconds: float) -> TimeRange | None:
        """See Store. By the ledger: what is farther from the clock is clamped when it is stored."""
        async with self._reader.reading(tenant, seconds) as connection:
            row = await connection.fetchrow(load("find_spool_times"), spool)
        if row is None or row["last_commit"] is None:
            return None
        low, high = from_timestamp(row["created"] - MAX_AGE, 0), from_timestamp(row["last_commit"] + MAX_AHEAD, 0)
        return TimeRange(low, high + _SECOND_NANO)

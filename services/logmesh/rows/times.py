"""When rows are: whether there are any, and of which times."""

from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp
from logmesh.storage.sql import load
from logmesh.store.time_range import TimeRange

_MICROSECOND_NANO = 1_000


class TimesOfRows(AsksReader):
    """See `store.joined.asking.Times`."""

    async def read(self, seconds: float) -> TimeRange | None:
        """See Times. An end of the index of each partition is looked at."""
        row = await self._reader.look(load("find_row_times"), seconds)
        if row["oldest"] is None:
            return None
        return TimeRange(from_timestamp(row["oldest"], 0), from_timestamp(row["newest"], 0) + _MICROSECOND_NANO)

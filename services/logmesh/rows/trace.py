"""Records of a trace."""

from collections.abc import Collection, Sequence

from logmesh.rows.fetching import fetch
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import to_timestamp
from logmesh.storage.sql import load
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord


class TraceInRows(AsksReader):
    """Traces."""

    async def trace(
        self,
        tenant: str,
        trace_id: bytes,
        span: TimeRange,
        most: int,
        *,
        known: Collection[tuple[int, int]] = (),
        max_bytes: int,
        seconds: float,
    ) -> Sequence[LogRecord]:
        """See Store."""
        places = [spool for spool, _ in known], [position for _, position in known]
        times = *to_timestamp(span.start_unix_nano), *to_timestamp(span.end_unix_nano)
        async with self._reader.reading(tenant, seconds) as connection:
            return await fetch(
                connection, load("find_trace"), trace_id.hex(), *times, most, *places, max_bytes=max_bytes
            )

"""Recent traces in Redis, beside the lake: there processors append slices of batches."""

from collections.abc import Sequence

import structlog

from logmesh.lake.trace_slices import SlicesError, read_slices
from logmesh.storage.cached_traces import CachedTraces
from logmesh.storage.recent_traces import LAKE
from logmesh.v1.record_pb2 import LogRecord

log = structlog.get_logger()


class RecentTracesOfLake:
    """Those in the Redis that `url` names; see `store.recent_traces`."""

    def __init__(self, url: str) -> None:
        self._cached = CachedTraces(url, LAKE)

    async def get(self, tenant: str, trace_id: bytes, *, seconds: float) -> Sequence[LogRecord]:
        """See RecentTraces. The cache knows all that a record has, so nothing else is asked."""
        appended, records = await self._cached.read(tenant, trace_id)
        try:
            records += read_slices(appended, trace_id)
        except SlicesError as error:
            log.warning("a cached trace can't be read", event_name="cache_value_bad", error=str(error))
        return list({record.id: record for record in records}.values())

    async def fill(self, tenant: str, trace_id: bytes, records: Sequence[LogRecord]) -> None:
        """See RecentTraces."""
        await self._cached.fill(tenant, trace_id, records)

    async def close(self) -> None:
        """Close the connections."""
        await self._cached.close()

"""Recent traces in Redis, beside a store of rows: there processors append COPY rows."""

import time
from collections.abc import Sequence

import structlog

from logmesh.rows.copied import record_from_copied
from logmesh.rows.origins import Origins
from logmesh.rows.reader import Reader
from logmesh.storage.cached_traces import CachedTraces
from logmesh.storage.read_rows import CopiedRow, CopyRowsError, read_rows
from logmesh.storage.recent_traces import ROWS
from logmesh.v1.record_pb2 import LogRecord

log = structlog.get_logger()


class RecentTracesOfRows:
    """Those in the Redis that `url` names; see `store.recent_traces`. Rows name their origins by number, which `reader` looks up."""

    def __init__(self, url: str, reader: Reader) -> None:
        self._reader, self._origins, self._cached = reader, Origins(), CachedTraces(url, ROWS)

    async def get(self, tenant: str, trace_id: bytes, *, seconds: float) -> Sequence[LogRecord]:
        """See RecentTraces. No rows where one's origin is unknown: in a database that was restored, say."""
        appended, records = await self._cached.read(tenant, trace_id)
        copied = await self._records(tenant, _rows(tenant, trace_id, appended), seconds)
        return list({record.id: record for record in (*records, *copied)}.values())

    async def fill(self, tenant: str, trace_id: bytes, records: Sequence[LogRecord]) -> None:
        """See RecentTraces."""
        await self._cached.fill(tenant, trace_id, records)

    async def close(self) -> None:
        """Close the connections."""
        await self._cached.close()

    async def _records(self, tenant: str, rows: Sequence[CopiedRow], seconds: float) -> list[LogRecord]:
        if not rows:
            return []
        numbers = {row.origin for row in rows}
        origins = self._origins.known(tenant, numbers, time.monotonic())
        if len(origins) < len(numbers):
            async with self._reader.reading(tenant, seconds) as connection:
                origins = await self._origins.resolve(connection, tenant, numbers, time.monotonic())
        if len(origins) < len(numbers):
            return []
        return [record_from_copied(row, origins[row.origin]) for row in rows]


def _rows(tenant: str, trace_id: bytes, data: bytes) -> list[CopiedRow]:
    """The trace's rows, each once, in any order; none when what is there can't be trusted."""
    try:
        rows = read_rows(data)
    except CopyRowsError as error:
        log.warning("a cached trace can't be read", event_name="cache_value_bad", error=str(error))
        return []
    if any(row.tenant != tenant or row.trace_id != trace_id for row in rows):
        log.warning("a cached trace holds other rows", event_name="cache_value_foreign")
        return []
    return list({(row.spool, row.position): row for row in rows}.values())

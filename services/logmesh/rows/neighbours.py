"""Records of one instance, before and after a place."""

from collections.abc import Sequence

from logmesh.rows.fetching import fetch
from logmesh.rows.reader import AsksReader, Reader
from logmesh.rows.records import to_timestamp
from logmesh.storage.sql import load
from logmesh.store.found import Neighbours
from logmesh.store.order import Cursor
from logmesh.v1.record_pb2 import LogRecord


class NeighboursInRows(AsksReader):
    """What stands beside a record."""

    async def neighbours(self, tenant: str, record: LogRecord, *, seconds: float) -> Neighbours:
        """See Store. An instance has an origin for each scope and resource that it wrote with."""
        service, instance = record.resource.service_name, record.resource.service_instance_id
        async with self._reader.reading(tenant, seconds) as connection:
            rows = await connection.fetch(load("list_instance_origins"), service, instance)
        return _Neighbours(self._reader, tenant, service, [row["origin"] for row in rows])


class _Neighbours:
    def __init__(self, reader: Reader, tenant: str, service: str, origins: Sequence[int]) -> None:
        self._reader, self._tenant, self._service, self._origins = reader, tenant, service, origins

    async def nearest(
        self, place: Cursor, edge_unix_nano: int, most: int, *, max_bytes: int, seconds: float
    ) -> Sequence[LogRecord]:
        sql = load("list_before" if edge_unix_nano <= place.unix_nano else "list_after")
        at = *to_timestamp(place.unix_nano), place.spool, place.position
        parameters = self._service, self._origins, *at, *to_timestamp(edge_unix_nano), most
        async with self._reader.reading(self._tenant, seconds) as connection:
            return await fetch(connection, sql, *parameters, max_bytes=max_bytes)

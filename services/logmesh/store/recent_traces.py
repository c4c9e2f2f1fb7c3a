"""A cache of traces of the last minutes, beside a store."""

from collections.abc import Sequence
from typing import Protocol

from logmesh.v1.record_pb2 import LogRecord


class RecentTraces(Protocol):
    """Of each tenant apart. It may be away or slow without hurting anyone: then it knows nothing."""

    async def get(self, tenant: str, trace_id: bytes, *, seconds: float) -> Sequence[LogRecord]:
        """The trace's records, each once, in any order; none when it is not there or what is there can't be trusted.

        It is never the whole truth. Raises StoreError, for the store may have to be asked what the cache only names.
        """

    async def fill(self, tenant: str, trace_id: bytes, records: Sequence[LogRecord]) -> None:
        """Keep a whole trace that the store was asked for, unless it is there meanwhile."""

    async def close(self) -> None:
        """Close what is open."""

"""Connections to Redis. What TLS they use is in the address (`rediss://…?ssl_ca_certs=`), in files that may be replaced."""

from collections.abc import Mapping
from typing import Any, TypeVar

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import SSLConnection

Pool = TypeVar("Pool", bound=ConnectionPool)


def pool_of(kind: type[Pool], url: str, **options: Any) -> Pool:
    """A pool of `kind` whose connections read the address's files each time they connect. Nothing is connected yet."""
    pool = kind.from_url(url, **options)
    if issubclass(pool.connection_class, SSLConnection):
        pool.connection_class = _Rereading
    return pool


class _Rereading(SSLConnection):
    """A connection otherwise keeps what it has read, through all its reconnections."""

    def _connection_arguments(self) -> Mapping[str, Any]:
        self.ssl_context.context = None
        return super()._connection_arguments()

"""Log aggregation on gRPC: producers with a durable spool, processors that store exactly once, a gateway to query.

For Python programs: `from logmesh import Client, AsyncClient, Appender, LogmeshHandler`; see `logmesh.client`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logmesh.client import Appender, AsyncClient, Client, Gap, LogmeshHandler, Record, TlsFiles

__version__ = "0.1.0"

__all__ = ["Appender", "AsyncClient", "Client", "Gap", "LogmeshHandler", "Record", "TlsFiles"]


def __getattr__(name: str) -> Any:
    """Names of the client, imported when they are first used: this package is every server's, too."""
    if name in __all__:
        from logmesh import client

        return getattr(client, name)
    raise AttributeError(f"module 'logmesh' has no attribute {name!r}")

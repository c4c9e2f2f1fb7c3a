"""The public client: ask a gateway, follow records as they come, send records exactly once, log from Python.

asking: Client, AsyncClient ──► gateway        delivering: LogmeshHandler ──► Appender ──► processors

Names are imported when they are first used, so that `import logmesh` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logmesh.client.asking.async_client import AsyncClient
    from logmesh.client.asking.following import Gap
    from logmesh.client.asking.sync_client import Client
    from logmesh.client.delivering.appender import Appender
    from logmesh.client.delivering.handler import LogmeshHandler
    from logmesh.client.record import Record
    from logmesh.client.tls import TlsFiles

_HOMES = {
    "Appender": "delivering.appender",
    "AsyncClient": "asking.async_client",
    "Client": "asking.sync_client",
    "Gap": "asking.following",
    "LogmeshHandler": "delivering.handler",
    "Record": "record",
    "TlsFiles": "tls",
}

__all__ = ["Appender", "AsyncClient", "Client", "Gap", "LogmeshHandler", "Record", "TlsFiles"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"logmesh.client.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'logmesh.client' has no attribute {name!r}")

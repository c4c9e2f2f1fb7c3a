"""Every processor that there is, found again every few seconds, and one connection to each that all tails share."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog

from logmesh.gateway.processors.discovery import DiscoveryError, resolve_target, target_of
from logmesh.gateway.settings import GatewaySettings
from logmesh.live.frames import HEARTBEAT_SECONDS, SERVICE, TENANT_KEY, TailResponse
from logmesh.runtime.channel import END_OF_STREAM, Dialer
from logmesh.v1 import tail_service_pb2 as pb

log = structlog.get_logger()

RESOLVE_SECONDS: Final = 3.0
_SILENCE_SECONDS: Final = 3 * HEARTBEAT_SECONDS
_OPTIONS: Final = (
    # A stream that is not read for its client's sake must not fill memory: without the probe a window is 64 KiB.
    ("grpc.http2.bdp_probe", 0),
)
_METHOD: Final = f"/{SERVICE}/Tail"


class Processors:
    """Shared by the tails of a gateway."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._connections: dict[str, _Connection] = {}
        self._addresses: list[str] = []
        self._resolved = float("-inf")
        self._resolving = asyncio.Lock()

    async def addresses(self) -> list[str]:
        """Address of each, at most 3 s old; those of before while they can't be found."""
        async with self._resolving:
            if self._settings.processors and time.monotonic() >= self._resolved + RESOLVE_SECONDS:
                try:
                    self._addresses = await resolve_target(self._settings.processors)
                except DiscoveryError as error:
                    log.warning("no processor is found", event_name="discovery_failed", error=str(error))
                self._resolved = time.monotonic()
            return self._addresses

    async def tail(self, address: str, tenant: str, filter_text: str) -> AsyncGenerator[Any, None]:
        """Yield the messages of one processor until it ends. Raises grpc.aio.AioRpcError, and TimeoutError when it falls silent."""
        async with self._channel(address) as channel:
            method: Any = channel.unary_stream(
                _METHOD,
                request_serializer=pb.TailRequest.SerializeToString,
                response_deserializer=TailResponse.FromString,
            )
            call = method(pb.TailRequest(filter=filter_text), metadata=((TENANT_KEY, tenant),))
            try:
                while True:
                    async with asyncio.timeout(_SILENCE_SECONDS):
                        message = await call.read()
                    if message is END_OF_STREAM:
                        return
                    yield message
            finally:
                call.cancel()

    @asynccontextmanager
    async def _channel(self, address: str) -> AsyncIterator[grpc.aio.Channel]:
        """The channel to an address, closed when its last tail has gone. Once certificates are renewed new tails get another one."""
        connection = self._connections.get(address)
        if connection is None or connection.dialer.outdated:
            dialer = Dialer(
                target_of(address), self._settings.tls, server_name=self._settings.tls_server_name, options=_OPTIONS
            )
            connection = self._connections[address] = _Connection(dialer, dialer.open())
        connection.tails += 1
        try:
            yield connection.channel
        finally:
            connection.tails -= 1
            if not connection.tails:
                if self._connections.get(address) is connection:
                    del self._connections[address]
                await connection.channel.close(None)


@dataclass(slots=True)
class _Connection:
    dialer: Dialer
    channel: grpc.aio.Channel
    tails: int = 0

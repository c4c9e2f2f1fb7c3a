"""The doors of syslog: one port for UDP and TCP, and one for TLS."""

import asyncio
from typing import Final

import structlog

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated
from logmesh.producer.receivers.identities import identity_of_connection
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.syslog.connections import Connections
from logmesh.producer.receivers.syslog.datagrams import Datagrams
from logmesh.producer.receivers.syslog.gathering import DOOR, Gatherer
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.timestamps.zones import zone_or_machines
from logmesh.runtime.tls_context import server_context

log = structlog.get_logger()

_DRAIN_SECONDS: Final = 5.0
"""For what was read to be made durable."""


class Syslog:
    """The door; see `Door`."""

    def __init__(self, settings: ProducerSettings, inlet: Inlet, callers: Callers) -> None:
        self._settings, self._inlet, self._callers = settings, inlet, callers
        self._gatherers: dict[str, tuple[Gatherer, asyncio.Task[None]]] = {}
        self._connections: list[Connections] = []
        self._datagrams: list[Datagrams] = []

    async def start(self) -> None:
        """See `Door`."""
        settings = self._settings
        tenant = self._callers.tenant_of_unnamed
        if settings.syslog_port and tenant is None:
            log.info("syslog without TLS is not taken: LOGMESH_SYSLOG_TENANT is unset", event_name="syslog_unnamed")
        elif settings.syslog_port and tenant is not None:
            gatherer = self._gatherer(tenant)
            self._datagrams.append(Datagrams(settings.listen_address, settings.syslog_port, gatherer))
            self._connections.append(
                Connections(settings.listen_address, settings.syslog_port, lambda _: gatherer, settings.max_connections)
            )
        if settings.syslog_tls_port and settings.door_tls is not None:
            self._connections.append(
                Connections(
                    settings.listen_address,
                    settings.syslog_tls_port,
                    self._gatherer_of,
                    settings.max_connections,
                    server_context(settings.door_tls),
                )
            )
        for datagrams in self._datagrams:
            datagrams.start()
        for connections in self._connections:
            connections.start()

    async def drain(self) -> None:
        """See `Door`."""
        for one in self._datagrams:
            one.drain()
        await asyncio.gather(*(connections.drain() for connections in self._connections))
        gatherers = [gatherer for gatherer, _ in self._gatherers.values()]
        tasks = [task for _, task in self._gatherers.values()]
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                await asyncio.gather(*(gatherer.drain() for gatherer in gatherers))
        except TimeoutError:
            unkept = sum(gatherer.unkept for gatherer in gatherers)
            log.error("messages of syslog were read and not kept", event_name="syslog_lost", messages=unkept)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _gatherer_of(self, transport: asyncio.BaseTransport) -> Gatherer | None:
        try:
            tenant = self._callers.tenant_of_connection(identity_of_connection(transport), DOOR)
        except (Unauthenticated, Forbidden):
            return None
        return self._gatherer(tenant)

    def _gatherer(self, tenant: str) -> Gatherer:
        if tenant not in self._gatherers:
            zone = zone_or_machines(self._settings.timezone)
            gatherer = Gatherer(self._inlet, tenant, zone)
            running = asyncio.create_task(gatherer.run())
            running.add_done_callback(_say_why)
            self._gatherers[tenant] = gatherer, running
        return self._gatherers[tenant][0]


def _say_why(ended: "asyncio.Task[None]") -> None:
    """Nothing but a mistake in the program ends it; senders are held from then on."""
    if not ended.cancelled() and (error := ended.exception()) is not None:
        log.error("syslog is not taken any more", event_name="syslog_failed", exc_info=error)

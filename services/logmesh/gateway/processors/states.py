"""Asks every processor for its state, over a channel to each that is kept while it answers."""

import asyncio
from dataclasses import dataclass
from typing import Final

import grpc
import structlog

from logmesh.gateway.processors.discovery import DiscoveryError, resolve_target, target_of
from logmesh.gateway.settings import GatewaySettings
from logmesh.runtime.channel import Dialer
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest, ProcessorState
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

log = structlog.get_logger()

_MOST_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class States:
    """What the processors answered, by name; one that did not is not ready and has no version."""

    processors: tuple[ProcessorState, ...] = ()
    failure: str = ""
    """Why nobody knows which processors there are; empty where that is known."""
    nobody_to_ask: bool = False
    """Whether the settings name no processor."""


class ProcessorStates:
    """The processors that the settings name. Questions share channels."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._names: dict[str, str] = {}
        self._channels: dict[str, tuple[Dialer, grpc.aio.Channel]] = {}
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)
        self._round: asyncio.Task[States] | None = None

    async def states(self) -> States:
        """Ask each. One that does not answer is listed by the name that it last answered with, else by its address.

        Calls that come while a round is under way share its answers: one that hangs must not be asked by everybody.
        """
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._ask_all())
        return await asyncio.shield(self._round)

    async def _ask_all(self) -> States:
        if not self._settings.processors:
            return States(nobody_to_ask=True)
        try:
            addresses = await resolve_target(self._settings.processors)
        except DiscoveryError as error:
            log.warning("no processor is found", event_name="discovery_failed", error=str(error))
            return States(failure=str(error))
        self._names = {address: name for address, name in self._names.items() if address in addresses}
        for address, (dialer, _) in list(self._channels.items()):
            if address not in addresses or dialer.outdated:
                await self._drop(address)
        answers = await asyncio.gather(*(self._ask(address) for address in addresses))
        return States(tuple(sorted((state for answer in answers for state in answer), key=lambda state: state.name)))

    async def close(self) -> None:
        """End the round under way, and close all channels."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
        for address in list(self._channels):
            await self._drop(address)

    async def _ask(self, address: str) -> list[ProcessorState]:
        async with self._turns:
            channel = self._channel(address)
            try:
                answer = await PipelineServiceStub(channel).ListProcessors(
                    ListProcessorsRequest(), timeout=self._settings.processor_seconds
                )
            except grpc.aio.AioRpcError as error:
                log.warning(
                    "a processor does not answer",
                    event_name="processor_unreachable",
                    address=address,
                    code=error.code().name,
                )
                # The next question gets a new one, which finds a pod that came instead.
                await self._drop(address)
                return [ProcessorState(name=self._names.get(address, address), ready=False)]
        for state in answer.processors:
            self._names[address] = state.name
        return list(answer.processors)

    def _channel(self, address: str) -> grpc.aio.Channel:
        if address not in self._channels:
            dialer = Dialer(target_of(address), self._settings.tls, server_name=self._settings.tls_server_name)
            self._channels[address] = dialer, dialer.open()
        return self._channels[address][1]

    async def _drop(self, address: str) -> None:
        """Close a channel, once questions on it that are under way have had their time."""
        if (found := self._channels.pop(address, None)) is not None:
            await found[1].close(self._settings.processor_seconds)

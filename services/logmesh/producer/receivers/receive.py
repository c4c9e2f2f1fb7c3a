"""Builds a receiver and runs it: outlets ─► inlet ─► doors, which close first."""

import asyncio

import structlog

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.door import Door
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.otlp.grpc_door import OtlpGrpc
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.settings import ProducerSettings

log = structlog.get_logger()


async def receive(settings: ProducerSettings, stop: asyncio.Event) -> int:
    """Take records in until `stop`, then send what is left for at most `drain_seconds`. Returns how many records stay in spools.

    Raises OSError for a port that is taken, JournalFailed when a spool's disk has failed.
    """
    outlets = Outlets(settings)
    inlet = Inlet(outlets, settings.receive_bytes)
    doors = _doors(settings, inlet, Callers())
    running = asyncio.create_task(outlets.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        for door in doors:
            await door.start()
        log.info("the receiver takes records", event_name="receiving", doors=len(doors))
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        await asyncio.gather(*(door.drain() for door in doors))
        committing = asyncio.create_task(outlets.all_committed())
        await asyncio.wait({committing, running}, timeout=settings.drain_seconds, return_when=asyncio.FIRST_COMPLETED)
        committing.cancel()
        return outlets.uncommitted_records()
    finally:
        for task in (running, stopping):
            task.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
        outlets.close()


def _doors(settings: ProducerSettings, inlet: Inlet, callers: Callers) -> list[Door]:
    doors: list[Door] = []
    if settings.otlp_port:
        doors.append(OtlpGrpc(settings, inlet, callers))
    return doors

"""A producer's own delivery of a spool, without a source, for as long as a test wants it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.running import RunningProcessor

from logmesh.client.delivering.spool import Spool
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings


@contextlib.asynccontextmanager
async def delivering(processor: RunningProcessor, spool: Spool) -> AsyncIterator[Forwarder]:
    """Deliver what is in `spool`, and what `append` adds, until the body ends."""
    settings = ProducerSettings(target=processor.target, spool_dir=spool.directory, metrics_port=0)
    forwarder = Forwarder(settings, spool)
    running = asyncio.create_task(forwarder.run())
    try:
        yield forwarder
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def append(spool: Spool, forwarder: Forwarder, name: str, numbers: range) -> None:
    """Spool a batch of one line, its name and number, for each of `numbers`."""
    for number in numbers:
        spool.hold(columns_of([f"{name} {number}".encode()]))
    forwarder.spooled()

"""Builds a keeper from its settings and runs it until it is told to stop.

health ─► an owner's session ─► rounds ─► figures, scrub

What blocks (files that are written, read and checked) is done on one thread, so that a keeper takes one core at most. Each step may be
cut off anywhere: a stop waits for nothing but that thread.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import structlog

from logmesh.client.backoff import Backoff
from logmesh.keeper.figures import Figures
from logmesh.keeper.rounds import Rounds
from logmesh.keeper.settings import KeeperSettings
from logmesh.lake.tending.scrub import Scrub
from logmesh.runtime.server import Health
from logmesh.storage.failures import describe
from logmesh.storage.postgres import owner_session

log = structlog.get_logger()

_MOST_PAUSE_SECONDS = 10.0


async def run_keeper(settings: KeeperSettings, stop: asyncio.Event) -> None:
    """Tend the lake until `stop` is set. Raises OSError when a port is taken."""
    pa.set_cpu_count(1)
    # Arrow's own gives what is freed back to the kernel at once, and each merge of 16 files had a fifth of its time to get it anew.
    pa.set_memory_pool(pa.system_memory_pool())
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1, "keeper"))
    health = Health(())
    await health.set_serving(False)
    probed = await health.serve(settings.listen_address, settings.health_port)
    log.info("keeper is up", event_name="started", name=settings.name, folder=str(settings.lake_dir))
    work = asyncio.create_task(_keep(settings, health))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        stopping.cancel()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        if probed is not None:
            await probed.stop(None)
    log.info("keeper has stopped", event_name="stopped")


async def _keep(settings: KeeperSettings, health: Health) -> None:
    """Work until cancelled. A database that is away, or has no schema yet, is waited for."""
    backoff, figures = Backoff(most=_MOST_PAUSE_SECONDS), Figures()
    scrub = Scrub(settings.lake_dir, settings.scrub_bytes)
    while True:
        try:
            async with owner_session(
                settings.owner_dsn.get_secret_value(), application=f"logmesh-keeper {settings.name}"
            ) as connection:
                rounds = Rounds(settings, connection, figures, scrub)
                while True:
                    await rounds.run()
                    await health.set_serving(True)
                    backoff.reset()
                    await rounds.rest()
        except Exception as error:  # noqa: BLE001  # whatever it is: the next round may do it
            log.warning("the lake is not tended just now", event_name="tending_failed", error=describe(error))
        finally:
            figures.hide()
            await health.set_serving(False)
        await asyncio.sleep(backoff.pause())

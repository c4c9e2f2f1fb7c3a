"""Has the database maintained for as long as a processor runs: every hour, and soon again when something had to wait."""

import asyncio
import random
from typing import Final

import structlog

from logmesh.client.backoff import Backoff
from logmesh.processor.settings import ProcessorSettings
from logmesh.runtime import metrics
from logmesh.storage.failures import describe
from logmesh.storage.maintenance import maintain, read_days_ahead
from logmesh.storage.postgres import owner_session

log = structlog.get_logger()

_EVERY_SECONDS: Final = 3600.0
_RUN_SECONDS: Final = 600.0
"""What one run may take; counts that are left are trimmed by the next."""
_RETRY_SECONDS: Final = 20.0
_RETRY_MOST_SECONDS: Final = 600.0


async def keep_maintained(settings: ProcessorSettings) -> None:
    """Work until cancelled. Nothing of it stops the processor."""
    dsn = (settings.owner_dsn or settings.database_dsn).get_secret_value()
    backoff = Backoff(_RETRY_SECONDS, _RETRY_MOST_SECONDS)
    while True:
        if await _run_once(dsn, settings):
            backoff.reset()
            await asyncio.sleep(random.uniform(0.9, 1) * _EVERY_SECONDS)  # noqa: S311  # not all processors at once
        else:
            await asyncio.sleep(backoff.pause())


async def _run_once(dsn: str, settings: ProcessorSettings) -> bool:
    """Whether all is done, here or by another process."""
    try:
        async with asyncio.timeout(_RUN_SECONDS), owner_session(dsn, application="logmesh-maintenance") as connection:
            done = await maintain(connection, settings.retention_days, request_hours=settings.request_hours)
            days_ahead = await read_days_ahead(connection)
    except Exception as error:  # noqa: BLE001  # nothing of it may stop the processor
        log.warning("maintenance failed, will be tried again", event_name="maintenance_failed", error=describe(error))
        return False
    if days_ahead is not None:
        metrics.PARTITION_DAYS_AHEAD.set(days_ahead)
    if done is None:
        return True
    if done.postponed:
        log.warning(
            "part of the maintenance has to wait, and will be tried again",
            event_name="maintenance_postponed",
            postponed=done.postponed,
        )
    log.info(
        "maintained partitions",
        event_name="maintained",
        made=done.made,
        dropped=done.dropped,
        counts_trimmed=done.trimmed,
    )
    return not done.postponed

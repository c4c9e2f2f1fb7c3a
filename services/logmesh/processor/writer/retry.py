"""Tries again until it is done: what is in the log is stored in the end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from logmesh.client.backoff import Backoff
from logmesh.journal import JournalFailed
from logmesh.processor.wal import stop_at_once
from logmesh.runtime import metrics

log = structlog.get_logger()

T = TypeVar("T")


class Retry:
    """Runs work until it returns. `errors` counts the attempts that failed since the start."""

    def __init__(self) -> None:
        self.errors = 0

    async def until_done(self, room: str, work: Callable[[], Awaitable[T]]) -> T:
        """Every exception counts as "outcome unknown": asyncpg raises outside its own tree when its session is cut. A new
        connection, and the ledger, sort it out."""
        backoff = Backoff()
        while True:
            try:
                return await work()
            except JournalFailed as error:
                # The log failed in the background: without a batch to append nobody else would notice.
                stop_at_once(error)
            except Exception as error:  # noqa: BLE001  # see the docstring
                self.failed(room, error)
            await asyncio.sleep(backoff.pause())

    def failed(self, room: str, error: BaseException) -> None:
        """Count an attempt that failed, and say so."""
        self.errors += 1
        metrics.FLUSH_RETRIES.labels(type(error).__name__).inc()
        log.warning("a batch is not stored yet, trying again", event_name="flush_retry", room=room, error=repr(error))

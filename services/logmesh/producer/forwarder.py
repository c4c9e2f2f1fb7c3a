"""Sends the spool's batches over one sticky stream and takes the acknowledgements; reconnects until everything is committed."""

import asyncio
import random
from collections.abc import Callable

import grpc
import structlog

from logmesh.producer.session import StreamEnd, run_session
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.spool import Spool
from logmesh.runtime import metrics
from logmesh.runtime.channel import open_channel

log = structlog.get_logger()

_FIRST_BACKOFF_SECONDS = 0.1
_MAX_BACKOFF_SECONDS = 5.0


class Forwarder:
    """`spooled` wakes it for a new batch. `progress(records)` is called as records are committed, `failed(error)` as streams
    break, `refused(what)` for each batch that will never be stored."""

    def __init__(
        self,
        settings: ProducerSettings,
        spool: Spool,
        progress: Callable[[int], None] | None = None,
        failed: Callable[[str], None] | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        self._settings, self._spool = settings, spool
        self._progress, self._failed, self._refused = progress, failed, refused
        self.wake = asyncio.Event()
        self._all_committed = asyncio.Event()
        self.last_error = ""

    def spooled(self) -> None:
        """There is a new batch in the spool."""
        self._all_committed.clear()
        self.wake.set()

    def committed(self, records: int) -> None:
        """The database has confirmed `records` more."""
        metrics.RECORDS_COMMITTED.inc(records)
        if self._progress is not None and records:
            self._progress(records)
        if not self._spool.uncommitted():
            self._all_committed.set()

    def abandoned(self, what: str) -> None:
        """A batch will never be stored."""
        if self._refused is not None:
            self._refused(what)
        self.committed(0)

    async def all_committed(self) -> None:
        """Wait until the database has confirmed every batch in the spool."""
        while self._spool.uncommitted():
            self._all_committed.clear()
            await self._all_committed.wait()

    async def run(self) -> None:
        """Send until cancelled. Every end of a stream is followed by another one, after a pause with full jitter."""
        channel = open_channel(self._settings.target, self._settings.tls, server_name=self._settings.tls_server_name)
        delay = _FIRST_BACKOFF_SECONDS
        async with channel:
            while True:
                rotate_after = random.uniform(*self._settings.rotate_seconds)  # noqa: S311
                try:
                    end = await run_session(channel, self._spool, self, self._settings.name, rotate_after)
                except grpc.aio.AioRpcError as error:
                    self.last_error = f"{error.code().name}: {error.details()}"
                    end = StreamEnd(error.code().name.lower(), welcomed=False)
                except (TimeoutError, asyncio.InvalidStateError) as error:
                    self.last_error = f"no answer from {self._settings.target}"
                    end = StreamEnd("silent", welcomed=False)
                    log.warning("the processor fell silent", event_name="stream_silent", error=repr(error))
                metrics.RECONNECTS.labels(end.reason).inc()
                if end.reason in ("rotated", "drained", "abandoned"):
                    delay = _FIRST_BACKOFF_SECONDS
                    continue
                log.warning(
                    "stream ended, connecting again",
                    event_name="stream_ended",
                    reason=end.reason,
                    error=self.last_error,
                )
                if self._failed is not None:
                    self._failed(self.last_error)
                if end.welcomed:
                    delay = _FIRST_BACKOFF_SECONDS
                await asyncio.sleep(random.uniform(0, delay))  # noqa: S311
                delay = min(delay * 2, _MAX_BACKOFF_SECONDS)

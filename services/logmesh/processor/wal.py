"""Group commit: all batches that wait are written and synchronised together, then acknowledged. Nothing is before."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NoReturn

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanContext

from logmesh.journal import FrameRef, Journal, JournalFailed, JournalFull
from logmesh.processor.frame import Header, Unwritten, encode_header
from logmesh.processor.shares import Shares
from logmesh.runtime import metrics
from logmesh.runtime.propagation import span_for
from logmesh.storage.ledger import SpoolKey

log = structlog.get_logger()
tracer = trace.get_tracer(__name__)

GROUP_BYTES = 1 << 20
STOP_ADMISSION_FILL = 0.85
_OF_ALL = 8 / 9
"""The part of the room that is anybody's; the rest is for spools that have little of it (`Shares`)."""
PAUSE_WHEN_FULL_SECONDS = 1.0
EXIT_CODE_FSYNC = 74  # EX_IOERR


def stop_at_once(error: JournalFailed) -> NoReturn:
    """End the process with code 74 before anything more is acknowledged: what the disk holds is not known."""
    log.critical("write-ahead log failed, stopping at once", event_name="wal_failed", error=str(error))
    os._exit(EXIT_CODE_FSYNC)


@dataclass(slots=True)
class Submitted:
    """A batch on its way into the log, and who is told: `logged(ref)` or `refused()`, on the event loop.

    `number` gives a batch of this process's own its number when it is about to be written, one after the other: so one that is
    refused leaves no gap.
    """

    header: Header
    raw: bytes
    began: float
    logged: Callable[[Unwritten], None]
    refused: Callable[[], None]
    stream: SpanContext | None = None
    number: Callable[[], int] | None = None


class Wal:
    """The processor's write-ahead log. What `logged` was called for survives a crash and a power loss of this machine.

    The event loop owns the list of what waits; one thread does checksums, writes and fdatasync. (A list that two
    threads swap can acknowledge what is not durable.) Live tails are offered what is durable.
    """

    def __init__(
        self,
        journal: Journal,
        offer: Callable[[Header, bytes], None],
        unwritten: Callable[[], int],
        most_unwritten: int,
        shares: Shares,
    ) -> None:
        """`unwritten` tells how many batches are in the log and not in the database; about each some memory is kept."""
        self.journal, self._offer = journal, offer
        self._unwritten, self._most_unwritten, self._shares = unwritten, most_unwritten, shares
        self._waiting: list[Submitted] = []
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._unlogged_bytes = 0
        self._full_until = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wal")

    def accepts(self, key: SpoolKey | None = None, size: int = 0) -> bool:
        """Whether there is room for more batches, one of `size` bytes of the spool `key` or any: within the log's bounds, in bytes and
        in batches, and none was refused a moment ago. Where room is short, spools that have filled it wait before the others do."""
        # With what is in line: fifty streams bring more within a second than is kept for the others.
        log_bytes = self.journal.bytes_with(self._unlogged_bytes)
        fill = log_bytes / self.journal.max_bytes
        taken = max(fill / STOP_ADMISSION_FILL, self._unwritten() / self._most_unwritten)
        if taken >= 1 or time.monotonic() < self._full_until:
            return False
        return taken < _OF_ALL or key is None or not self._shares.is_large(key, size, log_bytes)

    def submit(self, submitted: Submitted) -> None:
        """Put a batch in line."""
        self._waiting.append(submitted)
        self._shares.add(submitted.header.key, len(submitted.raw))
        self._unlogged_bytes += len(submitted.raw)
        self._wake.set()

    async def room(self, limit_bytes: int) -> None:
        """Wait until fewer than `limit_bytes` are in line, so that a stream stops reading and its sender feels it."""
        while self._unlogged_bytes >= limit_bytes:
            self._room.clear()
            await self._room.wait()

    async def run(self) -> None:
        """Write groups until cancelled. An fsync that fails ends the process: what the disk holds is then unknown."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._log(self._cut_group())

    async def _log(self, group: list[Submitted]) -> None:
        payloads = [(encode_header(item.header), item.raw) for item in group]
        with span_for(tracer, "wal.append", (item.stream for item in group), batches=len(group)):
            try:
                refs: list[FrameRef] | None = await asyncio.get_running_loop().run_in_executor(
                    self._thread, self.journal.append, payloads
                )
            except JournalFull as error:
                log.warning("write-ahead log is full", event_name="wal_full", error=str(error))
                refs = None
                self._full_until = time.monotonic() + PAUSE_WHEN_FULL_SECONDS
            except JournalFailed as error:
                stop_at_once(error)
        self._settle(group, refs)

    def close(self) -> None:
        """Wait for the thread and close the log."""
        self._thread.shutdown(wait=True)
        self.journal.close()

    def _cut_group(self) -> list[Submitted]:
        size = at = 0
        while at < len(self._waiting) and size < GROUP_BYTES:
            size += len(self._waiting[at].raw)
            at += 1
        group, self._waiting = self._waiting[:at], self._waiting[at:]
        for item in group:
            if item.number is not None:
                item.header = replace(item.header, seq=item.number())
        return group

    def _settle(self, group: list[Submitted], refs: list[FrameRef] | None) -> None:
        now = time.monotonic()
        self._unlogged_bytes -= sum(len(item.raw) for item in group)
        self._room.set()
        if refs is None:
            for item in group:
                self._shares.remove(item.header.key, len(item.raw))
                item.refused()
            return
        records = 0
        for item, ref in zip(group, refs, strict=True):
            item.logged(Unwritten(item.header, ref, item.stream))  # and it has a share as a frame of the log
            self._shares.remove(item.header.key, len(item.raw))
            self._offer(item.header, item.raw)
            records += item.header.count
            metrics.LOGGED_LATENCY.observe(now - item.began)
        metrics.LOGS_RECEIVED.inc(records)
        metrics.UNLOGGED_BYTES.set(self._unlogged_bytes)
        metrics.WAL_BYTES.set(self.journal.bytes_used())
        metrics.WAL_FILL.set(self.journal.fill())

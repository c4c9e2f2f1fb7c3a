"""Rows from the intake into batches, batches into the spool; and back: which rows are settled when batches are."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final, Protocol

from logmesh.client.delivering.disk_writer import DiskWriter
from logmesh.client.delivering.intake import Intake
from logmesh.client.delivering.outbox import Outbox
from logmesh.client.delivering.row import columns_of
from logmesh.client.delivering.spool import Spool
from logmesh.journal import JournalFull
from logmesh.v1.record_pb2 import LogColumns

_FULL_PAUSE_SECONDS: Final = 0.1
_MOST_BYTES: Final = 2 << 20
"""Of a batch with several origins. A processor takes messages of 4 MiB, and one record with its origin has less than half of one."""


class Spooling(Outbox, Protocol):
    """Where batches wait: a spool on disk, or memory."""

    def hold(self, columns: LogColumns) -> int:
        """Number a batch and hold it; return its place. Raises JournalFull, JournalFailed."""
        ...

    def has_room(self) -> bool:
        """Whether another batch may come."""
        ...

    def leave_to_parent(self) -> None:
        """Called in a forked child: what is held here is the parent's."""
        ...

    def close(self) -> None:
        """Let go of the folder."""
        ...


class Packer:
    """For one event loop at a time. `held` is called for each batch that has come into the spool."""

    def __init__(self, intake: Intake, spool: Spooling, held: Callable[[], None]) -> None:
        self._intake, self._spool, self._held = intake, spool, held
        self._writer = DiskWriter(spool) if isinstance(spool, Spool) else None
        self._packed = 0
        self._first_row: dict[int, int] = {}  # number of a batch's first row, by place, of those not committed
        self._due = asyncio.Event()

    def look(self) -> None:
        """There is something to do; on the loop."""
        self._due.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Cut batches as they are due, until `stop` is set and looked at; then what is left, as far as there is room.

        A batch that is just being written is not left alone: its rows are in no other place. Raises JournalFailed.
        """
        self._due = asyncio.Event()
        try:
            while not stop.is_set():
                self._due.clear()
                left = self._intake.seconds_until_due()
                if left == 0:
                    if not self._spool.has_room() or not await self._pack_one():
                        await asyncio.sleep(_FULL_PAUSE_SECONDS)
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await self._due.wait()
            while self._spool.has_room() and await self._pack_one():
                pass
        finally:
            if self._writer is not None:
                self._writer.close()

    def settle(self) -> None:
        """Batches were committed, or will never be: tell the intake of their rows."""
        lowest = self._spool.lowest_uncommitted()
        if not lowest:
            self._first_row.clear()
            self._intake.settle(self._packed)
            return
        while self._first_row and (first := next(iter(self._first_row))) < lowest:
            del self._first_row[first]
        # A batch that is not among them is an earlier process's, before all rows of this one.
        self._intake.settle(self._first_row.get(lowest, -1))

    def is_done(self) -> bool:
        """Whether nothing is left to be sent."""
        return self._intake.unsettled() == 0 and not self._spool.uncommitted()

    async def _pack_one(self) -> bool:
        """Move one batch into the spool; False when nothing waits or there is no room."""
        rows = self._intake.take()
        if not rows:
            return False
        columns = columns_of(rows, time.time_ns())
        # Rows don't count the origins that they share, and those of many loggers may all carry a large resource.
        while len(columns.origins) > 1 and columns.ByteSize() > _MOST_BYTES:
            half = len(rows) // 2
            self._intake.put_back(rows[half:])
            rows = rows[:half]
            columns = columns_of(rows, time.time_ns())
        try:
            place = self._spool.hold(columns) if self._writer is None else await self._writer.hold(columns)
        except JournalFull:
            self._intake.put_back(rows)
            return False
        self._first_row[place] = self._packed
        self._packed += len(rows)
        self._held()
        return True

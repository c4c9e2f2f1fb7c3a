"""One reading of flushes a second for all tails of a tenant: each goes on from where it is along the same chain.

place ─ reading ─► place ─ reading ─► place (the head)        a tail that is elsewhere reads up to the head by itself
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import structlog

from logmesh.gateway.tail.coverage import batches_of
from logmesh.gateway.tail.flushes import find_flushes, find_since
from logmesh.gateway.tail.snapshot import Place, Snapshot
from logmesh.rows.reader import Reader
from logmesh.store.flushes import Flush
from logmesh.v1 import tail_service_pb2 as pb

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
_CHAIN: Final = 60
_CHAIN_SPANS: Final = 100_000
_REMEMBER_SECONDS: Final = 60.0
_REMEMBER_BATCHES: Final = 100_000
_ALL: Final = Snapshot(1 << 62)


class Missed(NamedTuple):
    """What was stored between two moments (microseconds since 1970) can't be told."""

    reason: "pb.TailGapReason.ValueType"
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """From one place to another, and the flushes between them. Tails share it."""

    after: Place
    flushes: Sequence[Flush] = ()
    missed: Missed | None = None

    @cached_property
    def batches(self) -> Set[int]:
        """Those of all flushes; see `coverage`."""
        return _batches(self.flushes)

    @cached_property
    def batches_with_records(self) -> Set[int]:
        """Those of flushes that stored more than dead letters."""
        if all(flush.has_records for flush in self.flushes):
            return self.batches
        return _batches(flush for flush in self.flushes if flush.has_records)


def _batches(flushes: Iterable[Flush]) -> set[int]:
    return {batch for flush in flushes for span in flush.spans for batch in batches_of(span)}


class Readings:
    """Those of one tenant. `run` reads while there are tails; every other method raises StoreError when
    the database is away."""

    def __init__(self, reader: Reader, tenant: str) -> None:
        self._reader, self._tenant = reader, tenant
        self._chain: deque[tuple[Place, Reading]] = deque()
        self._head: Place | None = None
        self._forgotten = Place(b"", Snapshot(0), 0)
        # Batches, in the last minute, and in the one before; where there are very many, in less than that.
        self._stored: tuple[set[int], set[int]] = set(), set()
        self._turned = time.monotonic()
        self._begun = self._done = 0
        self._hurry = asyncio.Event()
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Read until cancelled."""
        failure: Exception | None = None
        while True:
            self._hurry.clear()
            self._begun += 1
            whole, before, failure = True, failure, None
            try:
                whole = await self._read()
            except Exception as error:  # noqa: BLE001  # it is raised where it is waited for
                failure = error
                if before is None:
                    log.warning("tails can't read the store", event_name="tail_store_away", error=repr(error))
            self._done = self._begun
            done, self._next = self._next, asyncio.get_running_loop().create_future()
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)
                done.exception()  # nobody may be waiting
            if whole:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._hurry.wait()

    async def now(self) -> Place:
        """Where a reading came to that began after this call."""
        wanted = self._begun + 1
        self._hurry.set()
        while self._done < wanted or self._head is None:
            await asyncio.shield(self._next)
        return self._head

    async def since(self, moment: int) -> Reading:
        """A reading that ends where all that was stored since a moment (microseconds since 1970) is still to come."""
        head = await self.now()
        forgotten = self._forgotten
        snapshot = await find_since(self._reader, self._tenant, moment) or head.snapshot
        place = Place(head.incarnation, snapshot, moment)
        if moment >= forgotten.moment:
            return Reading(place)
        return Reading(place, missed=Missed(pb.TAIL_GAP_REASON_FORGOTTEN, moment, forgotten.moment))

    async def after(self, place: Place, until: Place | None = None) -> Reading:
        """The reading that begins at `place`, at most to `until`; at the head it is waited for."""
        if until is None:
            if place == self._head:
                await asyncio.shield(self._next)
            for before, reading in reversed(self._chain):
                if before == place:
                    return reading
        head = await self.now()  # which sees all that any gateway's readings saw before
        if place.incarnation != head.incarnation or head.snapshot.xmax < place.snapshot.xmax:
            missed = Missed(pb.TAIL_GAP_REASON_DATABASE_REPLACED, place.moment, head.moment)
            return Reading(head, missed=missed)
        until = until or head
        found = await find_flushes(self._reader, self._tenant, place.snapshot, until.snapshot)
        if found.place.incarnation != place.incarnation:
            return await self.after(place)
        forgotten = found.forgotten.snapshot.xmax - 1
        if forgotten >= place.snapshot.oldest:
            snapshot = place.snapshot.with_those_of(found.forgotten.snapshot, forgotten)
            end = max(place.moment, found.forgotten.moment)
            missed = Missed(pb.TAIL_GAP_REASON_FORGOTTEN, place.moment, end)
            return Reading(Place(place.incarnation, snapshot, end), missed=missed)
        return Reading(until if found.whole else found.place, found.flushes)

    def is_head(self, place: Place) -> bool:
        """Whether nothing beyond it has been read yet."""
        return place == self._head

    def stored(self, batches: Collection[int], place: Place) -> set[int]:
        """Which of them were stored in the last minute, or among the last 100,000, as far as `place` sees."""
        stored = self._stored[0].intersection(batches) | self._stored[1].intersection(batches)
        if stored:
            for _, reading in reversed(self._chain):
                if reading.after == place:
                    break
                stored -= reading.batches
        return stored

    async def _read(self) -> bool:
        """Add a reading to the chain; tell whether there is no more to read now."""
        head = self._head
        found = await find_flushes(self._reader, self._tenant, head.snapshot if head else _ALL, None)
        self._forgotten = found.forgotten
        if head is None:
            self._head = found.place
            return True
        if found.place.incarnation != head.incarnation or found.place.snapshot.xmax < head.snapshot.xmax:
            # Another database answers, or this one as it was before: numbers and positions mean something else in it.
            self._head, self._stored = None, (set(), set())
            self._chain.clear()
            return await self._read()
        reading = Reading(found.place, found.flushes)
        self._chain.append((head, reading))
        self._head = found.place
        while len(self._chain) > _CHAIN or self._is_heavy():
            self._chain.popleft()
        self._remember(reading)
        return found.whole

    def _is_heavy(self) -> bool:
        spans = sum(len(flush.spans) for _, reading in self._chain for flush in reading.flushes)
        return spans > _CHAIN_SPANS and len(self._chain) > 1

    def _remember(self, reading: Reading) -> None:
        is_over = time.monotonic() >= self._turned + _REMEMBER_SECONDS
        if is_over or len(self._stored[0]) >= _REMEMBER_BATCHES:
            self._stored, self._turned = (set(), self._stored[0]), time.monotonic()
        self._stored[0].update(reading.batches)


class SharedReadings:
    """Those of every tenant that has tails."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._open: dict[str, tuple[Readings, asyncio.Task[None], int]] = {}

    @contextlib.asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[Readings]:
        """Yield a tenant's; they are read while anybody has them."""
        if tenant not in self._open:
            readings = Readings(self._reader, tenant)
            self._open[tenant] = readings, asyncio.create_task(readings.run()), 0
        readings, task, users = self._open[tenant]
        self._open[tenant] = readings, task, users + 1
        try:
            yield readings
        finally:
            readings, task, users = self._open.pop(tenant)
            if users > 1:
                self._open[tenant] = readings, task, users - 1
            else:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

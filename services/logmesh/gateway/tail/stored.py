"""A tail's other side: goes along the readings of flushes, and loads what no processor has told."""

import asyncio
import random
from collections.abc import Callable, Collection, Sequence, Set
from functools import partial
from typing import Final

import structlog

from logmesh.gateway.tail.coverage import Heard
from logmesh.gateway.tail.line import Advance, Line
from logmesh.gateway.tail.loader import Loader
from logmesh.gateway.tail.readings import Missed, Reading, Readings
from logmesh.gateway.tail.snapshot import Place
from logmesh.gateway.tail.standing import Loading, Standing
from logmesh.store.errors import StoreError
from logmesh.store.flushes import Flush, StoredAt
from logmesh.v1 import tail_service_pb2 as pb

log = structlog.get_logger()

GRACE_SECONDS: Final = 1.0
"""What is on its way from a processor is given so long to come before it is loaded."""
_RETRY_SECONDS: Final = 1.0


class Stored:
    """`heard` are the positions that processors looked at, as far as no reading has had them yet."""

    def __init__(
        self, standing: Standing, loader: Loader, readings: Readings, line: Line, heard: Heard, *, from_the_past: bool
    ) -> None:
        self._loader, self._readings, self._line, self._heard = loader, readings, line, heard
        self._place, self._loading = standing.place, standing.loading
        self._since, self._outdated = standing.since, standing.outdated
        heard.add((), standing.sent.all())
        self._decided: Set[int] = frozenset()  # batches of the last reading: each was told, or is loaded
        self.caught_up = asyncio.Event()
        """Set when nothing is left of the past, or the store can't be asked."""
        if not from_the_past:
            self.caught_up.set()
        self.on_failure: Callable[[], None] = lambda: None
        """Called when the store can't be asked."""

    async def run(self) -> None:
        """Go on from reading to reading until cancelled."""
        while True:
            try:
                reading = await self._next()
            except StoreError:
                await self._wait_for_store()
                continue
            if reading.missed is not None:
                await self._miss(reading.after, reading.missed)
            else:
                await self._tell(reading)

    def known(self, batches: Collection[int]) -> set[int]:
        """Which of them were told, or will be, because a reading had them."""
        known = set(self._decided & set(batches))
        return known if self._place is None else known | self._readings.stored(batches, self._place)

    async def _next(self) -> Reading:
        if self._outdated:
            head = await self._readings.now()
            return Reading(head, missed=Missed(pb.TAIL_GAP_REASON_FORGOTTEN, self._since, head.moment))
        if self._place is None:
            return await self._readings.since(self._since)
        return await self._readings.after(self._place, self._loading.until if self._loading else None)

    async def _miss(self, place: Place, missed: Missed) -> None:
        """Say that something is missing, and go on from a place behind it."""
        is_another = missed.reason == pb.TAIL_GAP_REASON_DATABASE_REPLACED
        if is_another:  # the same positions are other records there
            self._heard.clear()
            self._decided = frozenset()
        self._place, self._loading, self._outdated = place, None, False

        def advance(standing: Standing) -> None:
            standing.place, standing.loading, standing.outdated = place, None, False
            if is_another:
                standing.sent.clear()

        await self._line.miss(missed)
        await self._pass(place, advance)

    async def _tell(self, reading: Reading) -> None:
        """See that all of a reading is told, by processors or from the store."""
        missing = await self._missing(reading)
        after = self._loading.after if self._loading else StoredAt()
        self._heard.discard(reading.batches)
        self._place, self._loading, self._decided = reading.after, None, reading.batches
        if missing:
            await self._load(missing, reading.after, after)

        def advance(standing: Standing) -> None:
            standing.place, standing.loading = reading.after, None
            standing.sent.confirm(reading.batches)

        await self._pass(reading.after, advance)

    async def _pass(self, place: Place, advance: Advance) -> None:
        """Everything up to a place is in the line: wait until it was said."""
        if self._readings.is_head(place):
            self.caught_up.set()
        await self._line.when_said(advance)

    async def _missing(self, reading: Reading) -> Sequence[Flush]:
        """What no processor has told, although the client has kept up for a while."""
        kept_up = False
        while self._heard.missing(reading.batches_with_records) and self.caught_up.is_set() and not kept_up:
            # A client that does not keep up holds its streams, and what they bring later must not be loaded meanwhile.
            kept_up = not self._line.ring.is_crowded()
            await asyncio.sleep(GRACE_SECONDS)
            kept_up = kept_up and not self._line.ring.is_crowded()
        if not self._heard.missing(reading.batches_with_records):
            return ()
        flushes = (
            flush._replace(spans=[part for span in flush.spans for part in self._heard.absent(span)])
            for flush in reading.flushes
            if flush.has_records
        )
        return [flush for flush in flushes if flush.spans]

    async def _load(self, flushes: Sequence[Flush], until: Place, after: StoredAt) -> None:
        """Load from the store, however often it goes away meanwhile."""
        while True:
            try:
                async for page in self._loader.pages(flushes, after):
                    after = page.after
                    await self._line.load(page.records, partial(_come_to, Loading(until, after)))
                return
            except StoreError as error:
                log.warning("a tail can't read the store", event_name="tail_store_away", error=error.detail)
                await self._wait_for_store()

    async def _wait_for_store(self) -> None:
        self.on_failure()
        self.caught_up.set()  # what is live can be shown at least
        await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311


def _come_to(loading: Loading, standing: Standing) -> None:
    standing.loading = loading

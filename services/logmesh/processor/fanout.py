"""Offers what is durable to live tails. Nobody who listens, or is too slow to, costs ingest anything: what does not fit is passed over.

wal ── offer ──► line (bounded) ──► one thread: decode, filter ──► a ring for each subscriber

Records are offered at LOGGED and not at COMMITTED: a group waits up to `flush_interval_seconds` before it is even prepared,
and a tail should also go on while the database is away. So each "is stored, or will be", and a batch that its producer
had to send to a second processor is offered by both, with the same ids: gateways know it by its positions. A batch that
is passed over, or replayed from the log, is not reported as looked at, and a gateway takes it from the store.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog

from logmesh.filters.ast import Node
from logmesh.filters.predicate import Predicate, compile_predicate
from logmesh.live.frames import FRAME_BYTES
from logmesh.live.message_ring import MessageRing
from logmesh.live.offer import LeftOut, Offer, Span
from logmesh.processor.entries import Moment
from logmesh.processor.frame import Header
from logmesh.processor.live_records import UndecidedError, live_records
from logmesh.record.ids import ENTRY_BITS, position_of
from logmesh.runtime import metrics

log = structlog.get_logger()

_LINE_BYTES: Final = 16 << 20
_MOST_BYTES: Final = 32 << 20
_RINGS_BYTES: Final = 64 << 20
_RING_BYTES: Final = 4 << 20
_LEAST_RING_BYTES: Final = 128 << 10
_OFFER_RECORDS: Final = 1_000
_NUMBER_SECONDS: Final = 0.5


class TooLargeError(Exception):
    """A batch whose records are many times as large as it is: each repeats what the batch says once of its origin."""


class Subscriber:
    """One tail of one tenant. Subscribers with the same filter share its answers and their bytes."""

    def __init__(self, tenant: str, filter_text: str, node: Node) -> None:
        self.tenant, self.filter_text, self.matches = tenant, filter_text, compile_predicate(node)
        self.ring = MessageRing(_RING_BYTES)
        self.changed = self.ring.changed
        self.heartbeat = self.ring.heartbeat

    def messages(self) -> Iterator[Any]:
        """All that waits, with the positions that were looked at."""
        while (said := self.ring.next_message()) is not None:
            message, made_of = said
            for item in made_of:
                empty = not (item.dropped if isinstance(item, LeftOut) else item.records)
                for span in item.spans:
                    message.progress.add(
                        spool=span.spool, first_position=span.first, last_position=span.last, empty=empty
                    )
            yield message


class Fanout:
    """`offer` on the event loop, `run` beside it. `spool_of` gives a spool's number, from memory where it can; times of records are
    judged by `moment`, as the writer does."""

    def __init__(self, spool_of: Callable[[Header], Awaitable[int]], moment: Callable[[], Moment]) -> None:
        self._spool_of, self._moment = spool_of, moment
        self._subscribers: set[Subscriber] = set()
        self._line: deque[tuple[Header, bytes]] = deque()
        self._line_bytes = 0
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fanout")

    def __len__(self) -> int:
        """Subscribers."""
        return len(self._subscribers)

    def add(self, subscriber: Subscriber) -> None:
        """Offer it what comes from now on."""
        self._subscribers.add(subscriber)
        self._share_memory()

    def remove(self, subscriber: Subscriber) -> None:
        """Offer it nothing more."""
        self._subscribers.discard(subscriber)
        self._share_memory()

    def offer(self, header: Header, raw: bytes) -> None:
        """Take a durable batch, as received. Without a subscriber this is all it costs."""
        if not self._subscribers:
            return
        if self._line_bytes + len(raw) > _LINE_BYTES:
            metrics.TAIL_BATCHES_PASSED_OVER.labels("behind").inc()
            return
        self._line.append((header, raw))
        self._line_bytes += len(raw)
        self._wake.set()

    async def run(self) -> None:
        """Decode, filter and hand out until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._line:
                header, raw = self._line.popleft()
                self._line_bytes -= len(raw)
                listening = self._listening(header.key.tenant)
                if not listening:
                    continue
                began = time.monotonic()
                try:
                    async with asyncio.timeout(_NUMBER_SECONDS):
                        spool = await self._spool_of(header)
                    filters = {text: subscribers[0].matches for text, subscribers in listening.items()}
                    found = await loop.run_in_executor(
                        self._thread, look_through, header, raw, spool, filters, self._moment()
                    )
                except UndecidedError:
                    metrics.TAIL_BATCHES_PASSED_OVER.labels("undecided").inc()
                    continue
                except Exception as error:  # noqa: BLE001  # no batch, and no database that is away, may end the tails
                    metrics.TAIL_BATCHES_PASSED_OVER.labels(type(error).__name__).inc()
                    log.warning("a batch was not shown live", event_name="tail_passed_over", error=repr(error))
                    continue
                for text, offers in found.items():
                    for subscriber in listening[text]:
                        for offer in offers:
                            subscriber.ring.put(offer)
                # At most every other moment is the tails': the interpreter's lock is what ingest needs, too.
                await asyncio.sleep(time.monotonic() - began)

    def close(self) -> None:
        """Wait for the thread."""
        self._thread.shutdown(wait=True)

    def _share_memory(self) -> None:
        """Few subscribers may be far behind, many only a little: together they are bounded."""
        metrics.TAILS.set(len(self._subscribers))
        each = max(_LEAST_RING_BYTES, min(_RING_BYTES, _RINGS_BYTES // max(1, len(self._subscribers))))
        for subscriber in self._subscribers:
            subscriber.ring.max_bytes = each

    def _listening(self, tenant: str) -> dict[str, list[Subscriber]]:
        by_filter: dict[str, list[Subscriber]] = defaultdict(list)
        for subscriber in self._subscribers:
            if subscriber.tenant == tenant:
                by_filter[subscriber.filter_text].append(subscriber)
        return by_filter


def look_through(
    header: Header, raw: bytes, spool: int, filters: Mapping[str, Predicate], moment: Moment
) -> dict[str, list[Offer]]:
    """The batch as offers for each filter. Together they span the batch: a part of it is looked at when it is said."""
    growing = {text: _Growing(spool, position_of(header.seq, 0), header.received_unix_nano) for text in filters}
    size = 0
    for position, record in live_records(header, raw, spool, moment):
        serialised = b""
        for text, matches in filters.items():
            growing[text].looked += 1
            if matches(record):
                serialised = serialised or record.SerializeToString()
                growing[text].add(position, serialised)
        size += len(serialised)
        if size > _MOST_BYTES:
            raise TooLargeError(f"the records of a batch are over {_MOST_BYTES} bytes")
    last = position_of(header.seq, 0) | (1 << ENTRY_BITS) - 1
    return {text: part.finish(last) for text, part in growing.items()}


class _Growing:
    """Offers of one batch for one filter."""

    def __init__(self, spool: int, first: int, came_unix_nano: int) -> None:
        self._spool, self._first, self._came = spool, first, came_unix_nano
        self._offers: list[Offer] = []
        self._records: list[bytes] = []
        self._size = self.looked = 0

    def add(self, position: int, record: bytes) -> None:
        """A record that matched."""
        self._records.append(record)
        self._size += len(record)
        if self._size >= FRAME_BYTES or len(self._records) >= _OFFER_RECORDS:
            self._cut(position)

    def finish(self, last: int) -> list[Offer]:
        """All offers; the last one spans the rest of the batch."""
        if self._first <= last:
            self._cut(last)
        return self._offers

    def _cut(self, last: int) -> None:
        span = Span(self._spool, self._first, last)
        self._offers.append(Offer((span,), self._records, self.looked, self._came, self._size))
        self._records, self._size, self.looked, self._first = [], 0, 0, last + 1

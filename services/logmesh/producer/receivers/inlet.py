"""The one way from every door, past the rules, into the spools."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

import structlog

from logmesh.client.delivering.spool import Unspooled
from logmesh.producer.oversize import within_limits
from logmesh.producer.receivers.cutting import Piece, columns_of, cut, size_of
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.receivers.received import Overloaded, Received, RequestRefused
from logmesh.producer.rules import RulesFile
from logmesh.record.limits import MAX_BATCH_RECORDS
from logmesh.runtime import metrics

log = structlog.get_logger()

_MOST_RULED_BYTES: Final = 3 << 20
"""Of a piece that rules have been at: a processor takes no message of more than 4 MiB."""


_LARGE_AT_ONCE: Final = 2
"""Of large bodies: records take several times the memory of the text that they are read from."""

_FAILED: Final = "this receiver has failed at the request, its log says why; nothing of it was kept"
_FAILED_SECONDS: Final = 10.0
"""After which a sender may come again. What is answered as an internal error, OTLP's senders drop."""

Taken = TypeVar("Taken", bound=Received)


class _Batches(NamedTuple):
    batches: Sequence[Unspooled]
    size: int
    """About how many bytes they have."""


class Inlet:
    """Takes what doors have read. At most `most_bytes` of requests are in memory at once, over all doors."""

    def __init__(self, outlets: Outlets, most_bytes: int, rules: RulesFile | None = None) -> None:
        self._outlets, self._most_bytes, self._rules = outlets, most_bytes, rules
        self._bytes = 0
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self.unpacking = asyncio.Semaphore(_LARGE_AT_ONCE)
        """For who unpacks a body aside, until there is room for what it is then."""

    @contextlib.contextmanager
    def room(self, size: int) -> Iterator[None]:
        """Room for `size` bytes of a request, for as long as it is looked at. Raises Overloaded."""
        if self._bytes and self._bytes + size > self._most_bytes:
            raise Overloaded(f"{self._bytes} bytes of requests are being taken, and {self._most_bytes} are the most")
        self._bytes += size
        metrics.RECEIVING_BYTES.set(self._bytes)
        try:
            yield
        finally:
            self._bytes -= size
            metrics.RECEIVING_BYTES.set(self._bytes)

    async def take(
        self, tenant: str, door: str, body: bytes, said: bytes, read: Callable[[bytes], Taken], large_bytes: int
    ) -> Taken:
        """Make durable what `read` finds in a body that there is room for, and return it; else as `keep`.

        Others don't wait while a body of more than `large_bytes` is read and made into batches, by any thread. Of these, two are taken
        at once, over all doors. What is the same when the sender repeats the request is `said`, and the body, or what was read
        has an identity of its own.
        """

        def read_whole() -> tuple[Taken, _Batches]:
            with _asking_to_come_again(door):
                taken = read(body)
                return taken, self._batches_of(tenant, door, taken, said + (taken.identity or body))

        if len(body) <= large_bytes:
            taken, batches = read_whole()
            await self._keep(tenant, door, taken, batches)
            return taken
        async with self._large:
            taken, batches = await asyncio.to_thread(read_whole)
            await self._keep(tenant, door, taken, batches)
            return taken

    async def keep(self, tenant: str, door: str, received: Received, identity: bytes) -> None:
        """Make the records of a request durable, all or none of them.

        Args:
            tenant: whose they are; empty: this process's own.
            door: the protocol in one word, for metrics; equal bytes at different doors are different requests.
            received: what the request brought. Others wait while it is made into batches, which for 1,000 records is a millisecond.
            identity: bytes that are the same when the sender repeats the request, such as its path and body; looked at
                where it is told apart.

        Raises Overloaded, and RequestRefused for what is too large to be sent on.
        """
        await self._keep(tenant, door, received, self._batches_of(tenant, door, received, identity))

    async def store(self, tenant: str, batches: Sequence[Unspooled], size: int) -> None:
        """Make batches of a tenant durable, all or none of them; `size` is about how many bytes they have. Raises Overloaded."""
        outlet = await self._outlets.of(tenant)
        await outlet.put(batches, size)

    async def _keep(self, tenant: str, door: str, received: Received, batches: _Batches) -> None:
        if batches.batches:
            await self.store(tenant, batches.batches, batches.size)
        records = len(received.chunk)
        metrics.RECEIVED_RECORDS.labels(door).inc(records)
        if not received.told_apart:
            metrics.RECEIVED_UNTOLD.labels(door).inc(records)
        if received.refused:
            metrics.RECEIVED_REFUSED.labels(door, "record").inc(len(received.refused))

    def _batches_of(self, tenant: str, door: str, received: Received, identity: bytes) -> _Batches:
        """Of any thread. Raises RequestRefused."""
        now = time.time_ns()
        pieces = self._ruled(tenant, cut(received, door, identity), now)
        if any(piece.size > _MOST_RULED_BYTES or len(piece.chunk) > MAX_BATCH_RECORDS for piece in pieces):
            raise RequestRefused("rules make more of the request than can be sent on; send less at once")
        batches = [Unspooled(columns_of(piece.chunk, now), {}, piece.request) for piece in pieces]
        return _Batches(batches, sum(piece.size for piece in pieces))

    def _ruled(self, tenant: str, pieces: Iterable[Piece], now_unix_nano: int) -> list[Piece]:
        """What rules leave of each piece, which is named by what came and not by what is left."""
        if self._rules is None:
            return list(pieces)
        left = [
            (within_limits(self._rules.apply(piece.chunk, now_unix_nano, tenant)), piece.request) for piece in pieces
        ]
        return [Piece(chunk, request, size_of(chunk)) for chunk, request in left if len(chunk)]


@contextlib.contextmanager
def _asking_to_come_again(door: str) -> Iterator[None]:
    """Turns an error that nobody foresaw into Overloaded: a sender that repeats the request loses nothing by it."""
    try:
        yield
    except (RequestRefused, Overloaded):
        raise
    except Exception as error:
        log.exception("a request could not be taken", event_name="request_failed", door=door)
        raise Overloaded(_FAILED, _FAILED_SECONDS) from error

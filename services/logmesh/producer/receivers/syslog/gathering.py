"""Gathers the messages that come for one tenant, over all connections, into batches that are made durable one after the other.

Syslog has no answers: a sender learns that it is too fast by not being read from. Until a batch is durable its messages are in memory,
and are lost with this process.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import structlog

from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.received import Overloaded, RequestRefused
from logmesh.producer.receivers.syslog.messages import MessageReader, Sent
from logmesh.producer.receivers.syslog.origins import MOST_NEW, UNLISTED
from logmesh.producer.timestamps.zones import Zone
from logmesh.runtime import metrics

log = structlog.get_logger()

DOOR: Final = "syslog"
_BATCH: Final = 1_000
"""Messages that are not waited with for more, and bytes."""
_BATCH_BYTES: Final = 1 << 20
_WAIT_SECONDS: Final = 0.2
"""How long fewer wait for more."""
_MOST: Final = 2 * _BATCH
"""Messages in memory with which senders are held, and bytes: one batch is being kept, and the next one is there."""
_MOST_BYTES: Final = 2 * _BATCH_BYTES
_AGAIN_SECONDS: Final = 1.0


class Sender(Protocol):
    """Something that messages are read from. Not reading is how it is held."""

    def hold(self) -> None:
        """Read nothing until `release`."""

    def release(self) -> None:
        """Go on."""


class _Amount:
    """Messages, and their bytes."""

    __slots__ = ("messages", "size")

    def __init__(self) -> None:
        self.messages = self.size = 0

    def add(self, messages: int, size: int) -> None:
        self.messages += messages
        self.size += size

    def reaches(self, messages: int, size: int) -> bool:
        return self.messages >= messages or self.size >= size


class _Group(NamedTuple):
    sent: Sequence[Sent]
    size: int


class Gatherer:
    """`run` keeps what `add` brings; on one event loop. What one sender brings is stored in its order."""

    def __init__(self, inlet: Inlet, tenant: str, zone: Zone) -> None:
        """`zone` is that of times that name none."""
        self._inlet, self._tenant, self._reader = inlet, tenant, MessageReader(zone)
        self._groups: deque[_Group] = deque()
        self._waiting, self._unkept = _Amount(), _Amount()
        self._some, self._enough, self._empty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._senders: set[Sender] = set()
        self._holds = self._drains = False
        self._unlisted_hour = -1
        self._look()

    @property
    def unkept(self) -> int:
        """Messages that were added and are not durable."""
        return self._unkept.messages

    def join(self, sender: Sender) -> None:
        """It will add messages, and is held while there are too many."""
        self._senders.add(sender)
        if self._holds:
            sender.hold()

    def leave(self, sender: Sender) -> None:
        """It is not to be held any more, for it reads no more."""
        self._senders.discard(sender)

    def add(self, sent: Sequence[Sent], size: int) -> None:
        """Messages of `size` bytes."""
        for at in range(0, len(sent), _BATCH):
            part = sent[at : at + _BATCH]
            group = _Group(part, size * len(part) // len(sent))
            self._groups.append(group)
            self._waiting.add(len(part), group.size)
            self._unkept.add(len(part), group.size)
        self._look()

    async def run(self) -> None:
        """Make durable what comes, until cancelled."""
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._enough.wait()
            batch = self._take()
            self._waiting.add(-len(batch.sent), -batch.size)
            await self._keep(batch)
            self._unkept.add(-len(batch.sent), -batch.size)
            self._look()

    async def drain(self) -> None:
        """Wait until everything that was added is durable; nothing is waited with for more."""
        self._drains = True
        self._look()
        await self._empty.wait()

    def _take(self) -> _Group:
        sent, size = self._groups.popleft()
        batch = list(sent)
        while self._groups and len(batch) + len(self._groups[0].sent) <= _BATCH and size < _BATCH_BYTES:
            group = self._groups.popleft()
            batch += group.sent
            size += group.size
        return _Group(batch, size)

    async def _keep(self, batch: _Group) -> None:
        while True:
            try:
                with self._inlet.room(batch.size):
                    received = self._reader.read(batch.sent, time.time_ns())
                    await self._inlet.keep(self._tenant, DOOR, received, b"")
                self._count_unlisted(received.chunk.origins.count(UNLISTED))
                return
            except Overloaded as error:
                await asyncio.sleep(min(error.retry_after_seconds, _AGAIN_SECONDS))
            except RequestRefused as error:
                metrics.RECEIVED_REFUSED.labels(DOOR, "invalid").inc(len(batch.sent))
                log.error("messages of syslog can't be kept", event_name="syslog_unkept", reason=str(error))
                return

    def _count_unlisted(self, records: int) -> None:
        """Count those, and say it once an hour."""
        metrics.SYSLOG_UNLISTED.inc(records)
        if records and self._unlisted_hour != (hour := self._reader.origins.hour):
            self._unlisted_hour = hour
            log.warning(
                "senders of syslog name ever other hosts and programs: those that are new until the hour is over are stored as of the"
                " service syslog, their names as attributes",
                event_name="syslog_unlisted",
                tenant=self._tenant,
                new=MOST_NEW,
            )

    def _look(self) -> None:
        """Tell who waits, and hold or release senders, by how much there is."""
        _tell(self._some, bool(self._groups))
        _tell(self._enough, self._drains or self._waiting.reaches(_BATCH, _BATCH_BYTES))
        _tell(self._empty, not self._unkept.messages)
        if not self._holds and self._unkept.reaches(_MOST, _MOST_BYTES):
            self._holds = True
            for sender in self._senders:
                sender.hold()
        elif self._holds and not self._unkept.reaches(_BATCH + 1, _BATCH_BYTES + 1):
            self._holds = False
            for sender in self._senders:
                sender.release()


def _tell(event: asyncio.Event, is_so: bool) -> None:
    if is_so:
        event.set()
    else:
        event.clear()

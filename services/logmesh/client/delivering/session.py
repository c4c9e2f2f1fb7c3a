"""One Append stream from Hello to its end, seen from the side that sends."""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from logmesh.client.channel import END_OF_STREAM
from logmesh.client.delivering.greeting import Sender, hello_of, known_of
from logmesh.client.delivering.lanes import Divergence, Known, Lane
from logmesh.client.delivering.outbox import Outbox
from logmesh.client.delivering.window import Window
from logmesh.journal import JournalCorrupt
from logmesh.v1 import ingest_service_pb2 as pb

Metadata = tuple[tuple[str, str], ...]

METHOD = "/logmesh.v1.IngestService/Append"
WELCOME_SECONDS = 15.0
HEARTBEAT_SECONDS = 15.0
SILENCE_SECONDS = 50.0  # three heartbeats
LAST_ACKNOWLEDGEMENTS_SECONDS = 10.0
QUIET_SECONDS = 2.0
"""After which, once all is logged, no more is taken to come: the database is away, or far behind."""
MOST_MESSAGE_BYTES = 4 << 20
"""A processor ends the stream at a longer one, and so would every other processor."""
MAX_AHEAD = 4_000
"""Batches above the lowest uncommitted one that are sent to a processor which says nothing of it."""


class TenantIgnored(Exception):
    """The processor would store the records under another tenant than that of `Hello.tenant`. Nothing was sent."""


class Listener(Protocol):
    """Who owns the stream, and is told what becomes of it."""

    wake: asyncio.Event
    """Set for each new batch, and by the stream itself for each answer."""

    def opened(self, processor: str, to_send: int, database_away: str, *, any_age: bool) -> None:
        """A processor welcomed the stream; it lacks `to_send` batches of those that are held. `database_away` says why it could not
        ask the database, empty where it has; `any_age`, that records are stored under their own time however old they are."""
        ...

    def sent(self) -> None:
        """A batch went out."""
        ...

    def committed(self, records: int) -> None:
        """Records were confirmed."""
        ...

    def stored_otherwise(self, dead_letters: int, attributes_as_text: int) -> None:
        """Of what was confirmed, so many records are dead letters, and so many have attributes that are kept as their text."""
        ...

    def abandoned(self, seq: int, code: str, what: str) -> None:
        """A batch will never be stored: why in one word, and in words that say where it is kept."""
        ...

    def diverged(self, divergence: Divergence) -> None:
        """The ledger's word does not fit what is remembered here."""
        ...


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Why a stream ended, in one word, and whether it had been welcomed before."""

    reason: str
    welcomed: bool


async def run_session(
    channel: grpc.aio.Channel,
    outbox: Outbox,
    listener: Listener,
    sender: Sender,
    rotate_after_seconds: float,
    metadata: Metadata = (),
) -> StreamEnd:
    """Run one stream. Returns when it was rotated or drained; raises AioRpcError or TimeoutError when it broke, and
    TenantIgnored."""
    # Batches are held as they go over the wire, so requests are bytes.
    append: Any = channel.stream_stream(METHOD, None, pb.AppendResponse.FromString)
    return await _converse(append(metadata=metadata), outbox, listener, sender, rotate_after_seconds)


async def _converse(
    call: Any, outbox: Outbox, listener: Listener, sender: Sender, rotate_after_seconds: float
) -> StreamEnd:
    try:
        hello = hello_of(outbox, sender)
        await call.write(pb.AppendRequest(hello=hello).SerializeToString())
        async with asyncio.timeout(WELCOME_SECONDS):
            response = await call.read()
        if response is END_OF_STREAM or not response.HasField("welcome"):
            await call.code()
            raise TimeoutError("the stream ended before Welcome")
        if response.welcome.tenant != sender.tenant:
            raise TenantIgnored(f"{response.welcome.processor} is of a release that does not know tenants of receivers")
        session = _Session(call, outbox, listener, hello.spool_id, response.welcome, rotate_after_seconds)
        return await session.run()
    finally:
        call.cancel()


class _Session:
    """Sender and reader of one welcomed stream, on one event loop."""

    def __init__(
        self,
        call: Any,
        outbox: Outbox,
        listener: Listener,
        spool_id: str,
        welcome: pb.Welcome,
        rotate_after: float,
    ) -> None:
        self._call, self._outbox, self._listener = call, outbox, listener
        self._spool_id = spool_id  # of messages that name none
        self._window = Window(welcome.credit_batches, welcome.credit_bytes)
        self._max_ahead = welcome.max_ahead or MAX_AHEAD
        known = known_of(spool_id, welcome)
        self._is_provisional = bool(welcome.database_away)
        if self._is_provisional:
            # The ledger said nothing: all that is held stays held, and what the processor remembers as stored is not sent just now.
            self._todo = deque(place for place in outbox.after(0) if self._is_lacked(place, known))
        else:
            for divergence in outbox.reconcile(known):
                listener.diverged(divergence)
            # Lanes that Hello did not name wait for a later stream.
            self._todo = deque(place for place in outbox.after(0) if outbox.at(place)[0].spool_id in known)
        self._sent_up_to = outbox.last_place()
        self._heard_at = time.monotonic()  # when a batch was last acknowledged as committed
        self._again: list[tuple[float, int]] = []  # refused for now: when to try again, which
        self._rotate_at = time.monotonic() + rotate_after
        self._leaving: str | None = None
        listener.committed(0)
        listener.opened(welcome.processor, len(self._todo), welcome.database_away, any_age=welcome.any_age)

    async def run(self) -> StreamEnd:
        reader = asyncio.create_task(self._read())
        sender = asyncio.create_task(self._send())
        try:
            done, _ = await asyncio.wait({reader, sender}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if sender in done:
                await self._last_acknowledgements(reader)
            return StreamEnd(self._leaving or "closed", welcomed=True)
        except TimeoutError:
            if self._leaving:
                return StreamEnd(self._leaving, welcomed=True)
            raise
        finally:
            for task in (reader, sender):
                task.cancel()
            await asyncio.gather(reader, sender, return_exceptions=True)

    async def _send(self) -> None:
        """Write batches as credit allows, until it is time to leave; then half-close."""
        while not self._should_leave():
            place = self._next()
            if place is None:
                if self._leaving is None:
                    await self._pause()
                continue
            try:
                raw = self._outbox.read(place)
            except KeyError:  # committed and let go while it was in line
                self._todo.popleft()
                continue
            except JournalCorrupt as error:
                self._todo.popleft()
                self._outbox.give_up(place)
                self._abandon(place, "damaged", f"is damaged in the spool: {error}")
                continue
            if len(raw) > MOST_MESSAGE_BYTES:  # an earlier release cut it
                self._todo.popleft()
                self._set_aside(place, "too_large", f"{len(raw)} bytes, and {MOST_MESSAGE_BYTES} are the most")
                continue
            if not self._window.has_room(len(raw)):
                await self._pause()
                continue
            self._todo.popleft()
            self._window.sent(place, len(raw))
            self._listener.sent()
            await self._call.write(raw)
        ends = time.monotonic() + LAST_ACKNOWLEDGEMENTS_SECONDS
        self._heard_at = time.monotonic()
        while self._in_flight() and self._more_comes() and time.monotonic() < ends:
            await self._pause(0.2)
        await self._call.done_writing()

    async def _last_acknowledgements(self, reader: "asyncio.Task[None]") -> None:
        """After half-close: until the processor has ended the stream too, or has nothing more to say. Raises TimeoutError."""
        ends = time.monotonic() + LAST_ACKNOWLEDGEMENTS_SECONDS
        while self._more_comes() and time.monotonic() < ends:
            done, _ = await asyncio.wait({reader}, timeout=0.2)
            if done:
                return reader.result()
        raise TimeoutError

    def _more_comes(self) -> bool:
        """Whether it is worth while to wait for acknowledgements before the next stream, which sends again what has none."""
        if len(self._window):
            return True
        return not self._is_provisional and time.monotonic() < self._heard_at + QUIET_SECONDS

    def _is_lacked(self, place: int, known: Mapping[str, Known]) -> bool:
        lane, seq = self._outbox.at(place)
        return lane.spool_id in known and seq not in known[lane.spool_id].committed

    def _should_leave(self) -> bool:
        if self._leaving is None and time.monotonic() >= self._rotate_at:
            self._leaving = "rotated"
        return self._leaving is not None

    def _next(self) -> int | None:
        """The batch to send now, still at the head of the line."""
        now = time.monotonic()
        while self._again and self._again[0][0] <= now:
            self._todo.appendleft(self._again.pop(0)[1])
        for place in self._outbox.after(self._sent_up_to):
            if self._outbox.at(place)[0].spool_id != self._spool_id:
                self._leaving = self._leaving or "rotated"  # another lane has begun, and a new Hello must name it
                break
            self._todo.append(place)
            self._sent_up_to = place
        if not self._todo:
            return None
        lowest = self._outbox.lowest_uncommitted()
        return self._todo[0] if not lowest or self._todo[0] <= lowest + self._max_ahead else None

    def _in_flight(self) -> bool:
        """Whether batches of this stream still wait for COMMITTED."""
        lowest = self._outbox.lowest_uncommitted()
        # What was spooled since this stream began to leave is not its own, though nothing stands in line before it.
        sent = 0 < lowest <= self._sent_up_to and (not self._todo or lowest < self._todo[0])
        return sent and not self._again

    async def _pause(self, seconds: float = HEARTBEAT_SECONDS) -> None:
        """Wait for an acknowledgement or a new batch; on a long silence say that we are still here."""
        until = min(seconds, max(0.0, self._rotate_at - time.monotonic()) if self._leaving is None else seconds)
        if self._again:
            until = min(until, max(0.01, self._again[0][0] - time.monotonic()))
        try:
            async with asyncio.timeout(until):
                await self._listener.wake.wait()
        except TimeoutError:
            if until >= HEARTBEAT_SECONDS:
                await self._call.write(pb.AppendRequest(heartbeat=pb.Heartbeat()).SerializeToString())
        self._listener.wake.clear()

    async def _read(self) -> None:
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                response = await self._call.read()
            if response is END_OF_STREAM:
                return
            kind = response.WhichOneof("message")
            if kind == "logged":
                self._window.logged(self._places(response.logged))
            elif kind == "committed":
                self._heard_at = time.monotonic()
                for first, last in self._places(response.committed):
                    self._listener.committed(self._outbox.commit(first, last))
                dead_letters, texts = response.committed.dead_letters, response.committed.attributes_as_text
                if dead_letters or texts:
                    self._listener.stored_otherwise(dead_letters, texts)
            elif kind == "nack":
                self._refused(response.nack)
            elif kind == "drain":
                self._leaving = self._leaving or "drained"
            self._listener.wake.set()

    def _places(self, acknowledged: pb.Logged | pb.Committed) -> list[tuple[int, int]]:
        """The places of these numbers, none of them outside of their lane."""
        lane = self._lane_of(acknowledged.spool_id)
        if lane is None:
            return []
        return [
            (lane.offset + part.first, lane.offset + min(part.last, lane.last_seq))
            for part in acknowledged.ranges
            if 1 <= part.first <= lane.last_seq
        ]

    def _lane_of(self, spool_id: bytes) -> Lane | None:
        named = str(uuid.UUID(bytes=spool_id)) if len(spool_id) == 16 else self._spool_id
        return self._outbox.lane(named)

    def _refused(self, nack: pb.Nack) -> None:
        lane = self._lane_of(nack.spool_id)
        if lane is None:
            return
        place = lane.offset + nack.seq
        self._window.returned(place)
        code = pb.NackCode.Name(nack.code).removeprefix("NACK_CODE_").lower()
        if nack.HasField("retry_after"):
            self._again.append((time.monotonic() + nack.retry_after.ToNanoseconds() / 1e9, place))
            self._again.sort()
            return
        if nack.code == pb.NACK_CODE_ABORTED:
            self._outbox.leave(lane)
        self._set_aside(place, code, nack.reason)

    def _set_aside(self, place: int, code: str, reason: str) -> None:
        """Go on without a batch that no processor takes."""
        try:
            kept = self._outbox.set_aside(place, reason)
        except KeyError:
            return  # refused twice, or never of this spool
        except JournalCorrupt as error:
            self._outbox.give_up(place)
            what = f"was refused ({reason}) and is damaged in the spool: {error}"
        else:
            what = f"was refused ({reason}) and is {kept}"
        self._abandon(place, code, what)

    def _abandon(self, place: int, code: str, what: str) -> None:
        """A batch will not come. The processor waits for it before it takes numbers far ahead, so it is told at the
        next Hello."""
        self._leaving = self._leaving or "abandoned"
        lane, seq = self._outbox.at(place)
        self._listener.abandoned(seq, code, f"batch {seq} of {lane.spool_id} {what}")

"""What waits to be said to one client, from the store and from processors, and how far it has been told."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from logmesh.gateway.tail.readings import Missed
from logmesh.gateway.tail.standing import Standing
from logmesh.live.frames import FRAME_BYTES, TailResponse
from logmesh.live.message_ring import MessageRing
from logmesh.live.offer import LeftOut

Advance = Callable[[Standing], None]
_PAGES_AHEAD: Final = 2


class Loaded(NamedTuple):
    """What the store's side says, if anything, and what the standing is once it was said."""

    message: Any
    records: int
    advance: Advance


class Line:
    """A `Source` of messages, each with a token. The standing changes when a message is taken to be written, and never before."""

    def __init__(self, standing: Standing, filter_text: str) -> None:
        self._standing, self._filter_text = standing, filter_text
        self.ring = MessageRing(FRAME_BYTES)
        self.changed = self.ring.changed
        self._pages: asyncio.Queue[Loaded] = asyncio.Queue(_PAGES_AHEAD)
        self._notices: deque[Any] = deque(maxlen=100)
        self._mark = 0
        self._at_mark: Advance | None = None
        self._passed = asyncio.Event()

    # --- what is put in ---

    def notice(self, message: Any) -> None:
        """Say something before all that waits."""
        self._notices.append(message)
        self.changed.set()

    async def load(self, records: Sequence[bytes], advance: Advance) -> None:
        """Say records of the store; waits for room, for the store is read at the client's pace."""
        message = None
        if records:
            message = TailResponse()
            message.frame.records.extend(records)
            message.frame.backlog = True
        await self._put(Loaded(message, len(records), advance))

    async def miss(self, missed: Missed) -> None:
        """Say what can't be told."""
        message = TailResponse()
        message.gap.reason = missed.reason
        message.gap.start_time.FromMicroseconds(missed.start)
        message.gap.end_time.FromMicroseconds(missed.end)
        await self._put(Loaded(message, 0, lambda _: None))

    async def when_said(self, advance: Advance) -> None:
        """Advance the standing when all that waits now was said, of the store and of processors; wait for that."""
        mark = self.ring.mark()

        def pages_have_passed(_: Standing) -> None:
            self._mark, self._at_mark = mark, advance

        self._passed.clear()
        await self._put(Loaded(None, 0, pages_have_passed))
        await self._passed.wait()

    async def _put(self, loaded: Loaded) -> None:
        await self._pages.put(loaded)
        self.changed.set()

    # --- what is said ---

    def messages(self) -> Iterator[Any]:
        """What there is to say, the store's and the processors' in turn."""
        while self._notices or len(self.ring) or not self._pages.empty():
            if self._notices:
                yield self._stamped(self._notices.popleft())
            if not self._pages.empty():
                loaded = self._pages.get_nowait()
                loaded.advance(self._standing)
                self._pass_mark()
                if loaded.message is not None:
                    self.ring.said(loaded.records)
                    yield self._stamped(loaded.message)
            if (said := self.ring.next_message()) is not None:
                message, made_of = said
                for item in made_of:
                    if item.records if not isinstance(item, LeftOut) else item.dropped:
                        self._standing.sent.add(item.spans)
                self._pass_mark()
                if not message.HasField("heartbeat"):
                    yield self._stamped(message)

    def heartbeat(self) -> Any:
        """A sign of life; its token is the newest."""
        return self._stamped(self.ring.heartbeat())

    def _pass_mark(self) -> None:
        if self._at_mark is not None and self.ring.has_said(self._mark):
            self._at_mark(self._standing)
            self._at_mark = None
            self._passed.set()

    def _stamped(self, message: Any) -> Any:
        self.ring.count(message)
        message.resume_token = self._standing.token(self._filter_text)
        return message

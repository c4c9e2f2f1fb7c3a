"""One tail: takes what processors say, loads what they did not, and says it in messages that carry a resume token."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog

from logmesh.gateway.failures import QUERY_FAILURES
from logmesh.gateway.tail.coverage import Positions, add_spans, spans_of, touches, without
from logmesh.gateway.tail.processors import RESOLVE_SECONDS, Processors
from logmesh.gateway.tail.standing import Standing, StoredAt
from logmesh.gateway.tail.store import OVERLAP_MICROSECONDS, Store
from logmesh.live.chunk import Chunk, Gap, Span
from logmesh.live.frames import FRAME_BYTES, TailResponse
from logmesh.live.outbox import Outbox
from logmesh.record.ids import parse_record_id
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.record_pb2 import LogRecord

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
"""Between readings of the ledger; what two on end find missing is loaded."""
_CAUGHT_UP_SECONDS: Final = 2.0
_LANE_PAGES: Final = 2
_MAX_BACKOFF_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """Records from the store, and what the standing is once they were said."""

    records: Sequence[bytes]
    advance: Callable[[Standing], None]


class Tail:
    """A `Source` of messages; `run` feeds it. `standing` is how far the client has been told."""

    def __init__(
        self,
        tenant: str,
        filter_text: str,
        standing: Standing,
        store: Store,
        processors: Processors,
        *,
        from_the_past: bool,
    ) -> None:
        self._tenant, self._filter_text, self._store, self._processors = tenant, filter_text, store, processors
        self._standing = standing
        # What was dealt with here; the standing follows when it is written to the client.
        self._taken: Positions = {}
        add_spans(self._taken, spans_of(standing.covered) + spans_of(standing.due))
        self._watermark = standing.watermark
        self._caught_up = asyncio.Event()
        if not from_the_past:
            self._caught_up.set()
        self._settled: set[int] = set()  # spools of which nothing is waited for
        self._advancing = self._marked = False
        self._mark: tuple[int, Callable[[Standing], None]] = (0, lambda _: None)
        self._lane: asyncio.Queue[Loaded] = asyncio.Queue(_LANE_PAGES)
        self._notices: deque[Any] = deque(maxlen=100)
        self._away: dict[str, tuple[int, bool]] = {}  # by address: since when, and whether that was said
        self.outbox = Outbox(FRAME_BYTES)
        self.changed = self.outbox.changed

    async def run(self) -> None:
        """Follow processors and store until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_store())
            group.create_task(self._follow_processors(group))

    # --- to the client ---

    def messages(self) -> Iterator[Any]:
        """What there is to say, the store's and the processors' in turn."""
        while self._notices or len(self.outbox) or not self._lane.empty():
            if self._notices:
                yield self._stamped(self._notices.popleft())
            if not self._lane.empty():
                loaded = self._lane.get_nowait()
                loaded.advance(self._standing)
                if loaded.records:
                    message = TailResponse()
                    message.frame.records.extend(loaded.records)
                    message.frame.backlog = True
                    self.outbox.said(len(loaded.records))
                    yield self._stamped(message)
            if (said := self.outbox.next_message()) is not None:
                message, made_of = said
                for item in made_of:
                    add_spans(self._standing.covered, item.spans)
                self._pass_mark()
                if not message.HasField("heartbeat"):
                    yield self._stamped(message)

    def heartbeat(self) -> Any:
        """A sign of life; its token is the newest."""
        return self._stamped(self.outbox.heartbeat())

    def _stamped(self, message: Any) -> Any:
        self.outbox.count(message)
        message.resume_token = self._standing.token(self._filter_text)
        return message

    # --- from the processors ---

    async def _follow_processors(self, group: asyncio.TaskGroup) -> None:
        await self._caught_up.wait()
        following: dict[str, asyncio.Task[None]] = {}
        while True:
            addresses = await self._processors.addresses()
            following = {address: task for address, task in following.items() if not task.done()}
            for address in addresses:
                if address not in following:
                    following[address] = group.create_task(self._follow(address))
            await asyncio.sleep(RESOLVE_SECONDS)

    async def _follow(self, address: str) -> None:
        """Follow one processor for as long as its name is found."""
        delay = 0.1
        while address in await self._processors.addresses():
            looked = 0
            try:
                async with aclosing(self._processors.tail(address, self._tenant, self._filter_text)) as messages:
                    async for message in messages:
                        delay = 0.1
                        self._away.pop(address, None)
                        self._take(message, message.counters.received - looked)
                        looked = message.counters.received
                        # A client that stops reading stops the stream as well: what is too much for it is left out, and
                        # counted, by the processor, which has it in memory once for all.
                        await self.outbox.room()
                reason = "it ended the tail"
            except (grpc.aio.AioRpcError, TimeoutError) as error:
                reason = error.code().name if isinstance(error, grpc.aio.AioRpcError) else "silence"
            if address not in self._away:
                self._away[address] = time.time_ns(), False
                log.info("a processor is away from a tail", event_name="tail_away", address=address, reason=reason)
            await asyncio.sleep(random.uniform(0, delay))  # noqa: S311
            delay = min(2 * delay, _MAX_BACKOFF_SECONDS)
        self._away.pop(address, None)

    def _take(self, message: Any, looked: int) -> None:
        spans = [Span(part.spool, part.first_position, part.last_position) for part in message.progress]
        records: Sequence[bytes] = message.frame.records
        if any(touches(self._taken, span) for span in spans):
            # A second processor had the batch, too, or the store was quicker.
            records = [record for record in records if not self._has(record)]
        add_spans(self._taken, spans)
        self._settled.difference_update(span.spool for span in spans)
        if message.HasField("gap"):
            gap = message.gap
            start, end = (moment.seconds * 10**9 + moment.nanos for moment in (gap.start_time, gap.end_time))
            self.outbox.lose(Gap(spans, gap.dropped, looked, start, end))
        elif spans:
            size = sum(map(len, records))
            self.outbox.put(Chunk(spans, list(records), looked, time.time_ns(), size))

    def _has(self, record: bytes) -> bool:
        spool, position = parse_record_id(LogRecord.FromString(record).id)
        return touches(self._taken, Span(spool, position, position))

    # --- from the store ---

    async def _follow_store(self) -> None:
        pending: Positions = {}
        if self._standing.due and self._standing.after is not None:
            await self._until_done(self._standing.due, self._standing.after, now=None)
        while True:
            if self._caught_up.is_set() and self.outbox.is_crowded():
                # Streams are held up for the client's sake: what they bring later must not be loaded meanwhile.
                pending = {}
                await asyncio.sleep(POLL_SECONDS)
                continue
            began = time.monotonic()
            try:
                ledger = await self._store.ledger(self._watermark)
                missing = without(ledger.committed, self._taken)
                # What is on its way from a processor is given a moment to come; a client that catches up has nothing else.
                due = without(missing, without(missing, pending)) if self._caught_up.is_set() else missing
                pending = without(missing, due)
                if due:
                    await self._until_done(due, StoredAt(self._watermark), ledger.now)
                if not pending:
                    await self._advance(ledger.seen_until - OVERLAP_MICROSECONDS, ledger.committed)
            except QUERY_FAILURES as error:
                log.warning("a tail can't read the store", event_name="tail_store_away", error=repr(error))
                self._say_who_is_away()
                self._caught_up.set()  # what is live can be shown at least
            else:
                if not self._caught_up.is_set() and time.monotonic() - began < _CAUGHT_UP_SECONDS:
                    self._caught_up.set()
                    continue
            await asyncio.sleep(POLL_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311

    async def _until_done(self, due: Positions, after: StoredAt, now: int | None) -> None:
        """Load `due` from a place on, however often the store goes away meanwhile."""
        add_spans(self._taken, spans_of(due))
        await self._load((), lambda standing: _begin(standing, due, after))
        while True:
            try:
                before = 1 + (now or (await self._store.ledger(self._watermark)).now)
                async for page in self._store.pages(due, after, before):
                    after = page.after
                    await self._load_page(page.records, after)
                break
            except QUERY_FAILURES as error:
                log.warning("a tail can't read the store", event_name="tail_store_away", error=repr(error))
                self._say_who_is_away()
                await asyncio.sleep(POLL_SECONDS)
        await self._load((), lambda standing: _end(standing, due))

    async def _load_page(self, records: Sequence[bytes], after: StoredAt) -> None:
        await self._load(records, lambda standing: setattr(standing, "after", after))

    async def _load(self, records: Sequence[bytes], advance: Callable[[Standing], None]) -> None:
        """Wait for room: what the store has is read at the client's pace."""
        await self._lane.put(Loaded(records, advance))
        self.changed.set()

    async def _advance(self, watermark: int, committed: Positions) -> None:
        """Move the watermark up, and forget spools that rest: what they hold was received before it."""
        if self._advancing:
            return  # the client is not even as far as the last time
        self._advancing = True
        self._watermark = watermark = max(watermark, self._watermark)
        resting = {spool: self._taken[spool] for spool in self._settled if spool not in committed}
        for spool in resting:
            del self._taken[spool]
        self._settled = {spool for spool in self._taken if not without({spool: self._taken[spool]}, committed)}

        def advance(standing: Standing) -> None:
            standing.watermark = watermark
            standing.covered = without(standing.covered, resting)

        # Behind what the store has said and what the processors have: both lines must be through first.
        self._mark = self.outbox.mark(), advance
        await self._load((), lambda _: self._lane_has_passed())

    def _lane_has_passed(self) -> None:
        self._marked = True
        self._pass_mark()

    def _pass_mark(self) -> None:
        """The standing's watermark follows when the client was told all that came before it."""
        if self._marked and self.outbox.has_said(self._mark[0]):
            self._mark[1](self._standing)
            self._marked = self._advancing = False

    def _say_who_is_away(self) -> None:
        """What a processor took while neither it nor the store could be asked is shown late, and that must be seen."""
        for address, (since, said) in self._away.items():
            if not said:
                self._away[address] = since, True
                message = TailResponse()
                gap = message.gap
                gap.reason, gap.processor = pb.TAIL_GAP_REASON_PROCESSOR_AWAY, address
                gap.start_time.seconds, gap.start_time.nanos = divmod(since, 10**9)
                gap.end_time.seconds, gap.end_time.nanos = divmod(time.time_ns(), 10**9)
                self._notices.append(message)
                self.changed.set()


def _begin(standing: Standing, due: Positions, after: StoredAt) -> None:
    standing.due, standing.after = due, after


def _end(standing: Standing, due: Positions) -> None:
    add_spans(standing.covered, spans_of(due))
    standing.due, standing.after = {}, None

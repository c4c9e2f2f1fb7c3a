"""A tail's live side: follows every processor, and notes what each has looked at."""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol

import grpc
import structlog

from logmesh.client.backoff import Backoff
from logmesh.gateway.tail.coverage import Heard, are_whole, batch_at, batches_of
from logmesh.gateway.tail.line import Line
from logmesh.gateway.tail.processors import RESOLVE_SECONDS, Processors
from logmesh.live.frames import TailResponse
from logmesh.live.offer import LeftOut, Offer, Span
from logmesh.record.ids import parse_record_id
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.record_pb2 import LogRecord

log = structlog.get_logger()

_MOST_PAUSE_SECONDS: Final = 2.0


class Known(Protocol):
    """The tail's other side."""

    def known(self, batches: Collection[int]) -> set[int]:
        """Which of them were told, or will be."""


class Live:
    """Puts what processors show into the line, and what they looked at into `heard`."""

    def __init__(
        self, tenant: str, filter_text: str, processors: Processors, line: Line, heard: Heard, stored: Known
    ) -> None:
        self._tenant, self._filter_text, self._processors = tenant, filter_text, processors
        self._line, self._heard, self._stored = line, heard, stored
        self._away: dict[str, tuple[int, bool]] = {}  # by address: since when, and whether that was said

    async def run(self) -> None:
        """Follow the processors that there are until cancelled."""
        following: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                addresses = await self._processors.addresses()
                following = {address: task for address, task in following.items() if not task.done()}
                for address in addresses:
                    if address not in following:
                        following[address] = group.create_task(self._follow(address))
                await asyncio.sleep(RESOLVE_SECONDS)

    def say_who_is_away(self) -> None:
        """What a processor took while neither it nor the store could be asked is shown late, and that must be seen."""
        for address, (since, said) in self._away.items():
            if not said:
                self._away[address] = since, True
                message = TailResponse()
                gap = message.gap
                gap.reason, gap.processor = pb.TAIL_GAP_REASON_PROCESSOR_AWAY, address
                gap.start_time.FromNanoseconds(since)
                gap.end_time.FromNanoseconds(time.time_ns())
                self._line.notice(message)

    async def _follow(self, address: str) -> None:
        """Follow one processor for as long as its name is found."""
        backoff = Backoff(most=_MOST_PAUSE_SECONDS)
        while address in await self._processors.addresses():
            looked = 0
            try:
                async with aclosing(self._processors.tail(address, self._tenant, self._filter_text)) as messages:
                    async for message in messages:
                        backoff.reset()
                        self._away.pop(address, None)
                        self._take(message, message.counters.received - looked)
                        looked = message.counters.received
                        # A client that stops reading stops the stream as well: what is too much for it is left out, and
                        # counted, by the processor, which has it in memory once for all.
                        await self._line.ring.room()
                reason = "it ended the tail"
            except (grpc.aio.AioRpcError, TimeoutError) as error:
                reason = error.code().name if isinstance(error, grpc.aio.AioRpcError) else "silence"
            if address not in self._away:
                self._away[address] = time.time_ns(), False
                log.info("a processor is away from a tail", event_name="tail_away", address=address, reason=reason)
            await asyncio.sleep(backoff.pause())
        self._away.pop(address, None)

    def _take(self, message: Any, looked: int) -> None:
        whole: list[int] = []
        parts: list[Span] = []
        matched: list[Span] = []
        for part in message.progress:
            spool, first, last = part.spool, part.first_position, part.last_position
            if are_whole(first, last):
                whole += range(batch_at(spool, first), batch_at(spool, last) + 1)
            else:
                parts.append(Span(spool, first, last))
            if not part.empty:
                matched.append(Span(spool, first, last))
        known = self._stored.known([*whole, *(batch for part in parts for batch in batches_of(part))])
        if known:
            whole = [batch for batch in whole if batch not in known]
            parts = [part for part in parts if known.isdisjoint(batches_of(part))]
            matched = [span for span in matched if known.isdisjoint(batches_of(span))]
        records: Sequence[bytes] = message.frame.records
        if known or self._heard.touches(whole, parts):
            # A second processor had the batch, too, or the store was quicker.
            records = [record for record in records if self._is_new(record, known)]
        self._heard.add(whole, parts)
        ring = self._line.ring
        if message.HasField("gap"):
            gap = message.gap
            start, end = gap.start_time.ToNanoseconds(), gap.end_time.ToNanoseconds()
            ring.lose(LeftOut(matched, gap.dropped, looked, start, end))
        elif records or looked:
            ring.put(Offer(matched, list(records), looked, time.time_ns(), sum(map(len, records))))

    def _is_new(self, record: bytes, known: set[int]) -> bool:
        spool, position = parse_record_id(LogRecord.FromString(record).id)
        return batch_at(spool, position) not in known and not self._heard.touches(
            (), (Span(spool, position, position),)
        )

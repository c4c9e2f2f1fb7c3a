"""Open streams and what is still to be said on each: acknowledgements gather here and leave in one message."""

import asyncio
from collections import OrderedDict

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.trace import SpanContext

from logmesh.processor.admission import Refusal, SpoolState
from logmesh.record.ranges import RangeSet
from logmesh.runtime import metrics
from logmesh.storage.ledger import SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb

_REMEMBERED_SPOOLS = 10_000
UNSAID_REFUSALS = 1_000


class Session:
    """One Append stream. Its methods are called on the event loop; `answers` is what to write next."""

    def __init__(self, key: SpoolKey, state: SpoolState) -> None:
        self.key, self.state = key, state
        self.outstanding: set[int] = set()  # taken on this stream and not yet committed
        self.ended = False
        self._logged, self._committed = RangeSet(), RangeSet()
        self._other: list[pb.AppendResponse] = []
        self._wake = asyncio.Event()
        self._said = asyncio.Event()
        self.span: SpanContext | None = None  # the producer's, for the traces of what is done with its batches

    def logged(self, seq: int) -> None:
        """Acknowledge as durable."""
        self._logged.add(seq)
        self._wake.set()

    def committed(self, seq: int) -> None:
        """Acknowledge as stored."""
        self.outstanding.discard(seq)
        self._committed.add(seq)
        self._wake.set()

    def nack(self, seq: int, refusal: Refusal) -> None:
        """Refuse one batch; the stream goes on."""
        self.outstanding.discard(seq)
        retry = None
        if refusal.retry_after_seconds is not None:
            retry = Duration()
            retry.FromNanoseconds(int(refusal.retry_after_seconds * 1e9))
        self._other.append(
            pb.AppendResponse(nack=pb.Nack(seq=seq, code=refusal.code, reason=refusal.reason, retry_after=retry))
        )
        metrics.BATCHES_NACKED.labels(pb.NackCode.Name(refusal.code)).inc()
        self._wake.set()

    def drain(self, deadline_unix_seconds: float) -> None:
        """Ask the producer to leave."""
        deadline = Timestamp()
        deadline.FromNanoseconds(int(deadline_unix_seconds * 1e9))
        self._other.append(pb.AppendResponse(drain=pb.Drain(deadline=deadline)))
        self._wake.set()

    def end(self) -> None:
        """Say what is left to say, and no more."""
        self.ended = True
        self._wake.set()

    async def heard(self) -> None:
        """Wait while the other side leaves too many refusals unread: they can't be joined into ranges."""
        while len(self._other) > UNSAID_REFUSALS:
            self._said.clear()
            await self._said.wait()

    async def answers(self, heartbeat_seconds: float) -> list[pb.AppendResponse]:
        """Wait for something to say, at most `heartbeat_seconds`, and return it. After `end` nothing is waited for."""
        try:
            if not self.ended:
                async with asyncio.timeout(heartbeat_seconds):
                    await self._wake.wait()
        except TimeoutError:
            return [pb.AppendResponse(heartbeat=pb.Heartbeat())]
        self._wake.clear()
        said, self._other = self._other, []
        self._said.set()
        if self._logged:
            said.append(pb.AppendResponse(logged=pb.Logged(ranges=_proto_ranges(self._logged))))
            self._logged = RangeSet()
        if self._committed:
            said.append(pb.AppendResponse(committed=pb.Committed(ranges=_proto_ranges(self._committed))))
            self._committed = RangeSet()
        return said


class Sessions:
    """All streams of this processor, and the state of the spools that it has seen."""

    def __init__(self) -> None:
        self._open: dict[SpoolKey, Session] = {}
        self._states: OrderedDict[SpoolKey, SpoolState] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def state(self, key: SpoolKey) -> SpoolState:
        """What is known of a spool; made when it is new."""
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = SpoolState()
            self._forget_idle()
        self._states.move_to_end(key)
        return state

    def open(self, key: SpoolKey, committed: RangeSet, lowest_seq: int, abandoned: RangeSet | None = None) -> Session:
        """Begin a stream; it takes the acknowledgements of an earlier one of the same spool."""
        state = self.state(key)
        state.committed, state.floor, state.abandoned = committed, max(lowest_seq, 1), abandoned or RangeSet()
        session = self._open[key] = Session(key, state)
        metrics.STREAMS.set(len(self._open))
        return session

    def close(self, session: Session) -> None:
        """End a stream, unless a later one of the spool has taken its place."""
        if self._open.get(session.key) is session:
            del self._open[session.key]
            metrics.STREAMS.set(len(self._open))

    def logged(self, key: SpoolKey, seq: int) -> None:
        """A batch is durable."""
        self.state(key).set_logged(seq)
        if session := self._open.get(key):
            session.logged(seq)

    def committed(self, key: SpoolKey, seq: int) -> None:
        """A batch is stored."""
        self.state(key).set_committed(seq)
        if session := self._open.get(key):
            session.committed(seq)

    def refused(self, key: SpoolKey, seq: int, refusal: Refusal) -> None:
        """A batch that was taken could not be written."""
        self.state(key).set_refused(seq)
        if session := self._open.get(key):
            session.nack(seq, refusal)

    def lost(self, key: SpoolKey, seq: int) -> None:
        """A batch that was durable can't be read any more: it is to be sent again, and is taken as new then."""
        self.refused(key, seq, Refusal(pb.NACK_CODE_RESOURCE_EXHAUSTED, "the write-ahead log was damaged", 1))

    def drain(self, deadline_unix_seconds: float) -> None:
        """Ask every producer to leave."""
        for session in self._open.values():
            session.drain(deadline_unix_seconds)

    def _forget_idle(self) -> None:
        """Bound the memory that producers can take by coming once; an unknown spool costs one query at its Hello."""
        while len(self._states) > _REMEMBERED_SPOOLS:
            key, state = self._states.popitem(last=False)
            if not state.idle() or key in self._open:
                self._states[key] = state
                return


def _proto_ranges(ranges: RangeSet) -> list[pb.SeqRange]:
    return [pb.SeqRange(first=first, last=last) for first, last in ranges]

"""Open streams and what is still to be said on each: acknowledgements gather here and leave in one message."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.trace import SpanContext

from logmesh.processor.admission import FORKED, Refusal, SpoolState
from logmesh.record.ranges import RangeSet
from logmesh.runtime import metrics
from logmesh.runtime.identity import NOBODY
from logmesh.storage.ledger import Claim, Committed, Held, SpoolForbidden, SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb


class Odd(NamedTuple):
    """How many records of what is committed were not stored as they came."""

    dead_letters: int = 0
    attributes_as_text: int = 0

    def plus(self, other: "Odd") -> "Odd":
        """Both together."""
        return Odd(*map(sum, zip(self, other, strict=True)))


NOTHING_ODD = Odd()
_REMEMBERED_SPOOLS = 10_000
UNSAID_REFUSALS = 1_000


class Session:
    """One Append stream, of one spool id or several. Its methods are called on the event loop; `answers` is what to write next.

    A provisional one was opened while the ledger could not be asked. It says of batches that they are logged, and no more: whether a
    number that is committed stands for this batch, its producer can tell once the ledger has been asked, and nobody before.
    """

    def __init__(self, states: Mapping[SpoolKey, SpoolState], *, provisional: bool = False) -> None:
        """The first of `states` is that of the spool id that messages mean which name none."""
        self.states, self.provisional = states, provisional
        self._names = {key: UUID(key.spool_id).bytes for key in states}
        self._keys = {name: key for key, name in self._names.items()}
        own = next(iter(states))
        self._names[own], self._keys[b""] = b"", own
        self.outstanding: set[tuple[SpoolKey, int]] = set()  # taken on this stream, of which more is to be said
        self.ended = self.leaving = False
        self._logged: dict[SpoolKey, RangeSet] = {}
        self._committed: dict[SpoolKey, RangeSet] = {}
        self._odd: dict[SpoolKey, Odd] = {}
        self._other: list[pb.AppendResponse] = []
        self._wake = asyncio.Event()
        self._said = asyncio.Event()
        self.span: SpanContext | None = None  # the producer's, for the traces of what is done with its batches

    def key_of(self, name: bytes) -> SpoolKey | None:
        """The spool that a message means by `Batch.spool_id`; None for one that Hello did not name."""
        return self._keys.get(name)

    def logged(self, key: SpoolKey, seq: int) -> None:
        """Acknowledge as durable."""
        if self.provisional:
            self.outstanding.discard((key, seq))
        self._logged.setdefault(key, RangeSet()).add(seq)
        self._wake.set()

    def committed(self, key: SpoolKey, seq: int, odd: Odd = NOTHING_ODD) -> None:
        """Acknowledge as stored, unless it is not for this stream to say."""
        self.outstanding.discard((key, seq))
        if self.provisional:
            return
        self._committed.setdefault(key, RangeSet()).add(seq)
        if any(odd):
            self._odd[key] = self._odd.get(key, NOTHING_ODD).plus(odd)
        self._wake.set()

    def nack(self, key: SpoolKey, seq: int, refusal: Refusal) -> None:
        """Refuse one batch; the stream goes on."""
        self.refuse(self._names[key], seq, refusal)
        self.outstanding.discard((key, seq))

    def refuse(self, name: bytes, seq: int, refusal: Refusal) -> None:
        """The same for a batch that may be of no spool that Hello named."""
        retry = None
        if refusal.retry_after_seconds is not None:
            retry = Duration()
            retry.FromNanoseconds(int(refusal.retry_after_seconds * 1e9))
        nack = pb.Nack(seq=seq, code=refusal.code, reason=refusal.reason, retry_after=retry, spool_id=name)
        self._other.append(pb.AppendResponse(nack=nack))
        metrics.BATCHES_NACKED.labels(pb.NackCode.Name(refusal.code)).inc()
        self._wake.set()

    def drain(self, deadline_unix_seconds: float) -> None:
        """Ask the producer to leave."""
        self.leaving = True
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
        logged, self._logged = self._logged, {}
        committed, self._committed = self._committed, {}
        odd, self._odd = self._odd, {}
        for key, ranges in logged.items():
            said.append(pb.AppendResponse(logged=pb.Logged(ranges=proto_ranges(ranges), spool_id=self._names[key])))
        for key, ranges in committed.items():
            dead_letters, texts = odd.get(key, NOTHING_ODD)
            said.append(
                pb.AppendResponse(
                    committed=pb.Committed(
                        ranges=proto_ranges(ranges),
                        spool_id=self._names[key],
                        dead_letters=dead_letters,
                        attributes_as_text=texts,
                    )
                )
            )
        return said


class Sessions:
    """All streams of this processor, and the state of the spools that it has seen."""

    def __init__(self) -> None:
        self._streams: set[Session] = set()
        # All streams that named a spool. Each is answered for what it brought alone: two copies of a folder may hold the same
        # batches, but two copies of a running machine hold other ones under the same numbers.
        self._open: dict[SpoolKey, set[Session]] = {}
        self._states: OrderedDict[SpoolKey, SpoolState] = OrderedDict()

    def __len__(self) -> int:
        return len(self._streams)

    def state(self, key: SpoolKey) -> SpoolState:
        """What is known of a spool; made when it is new."""
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = SpoolState()
            self._forget_idle()
        self._states.move_to_end(key)
        return state

    def remembered(self, tenant: str, principal: str, held: Sequence[Held]) -> list[Committed]:
        """What is known here of these spools, in order, while the ledger can't be asked. Raises SpoolForbidden."""
        known = []
        for spool in held:
            state = self._states.get(SpoolKey(tenant, spool.spool_id), SpoolState())
            if state.principal not in (principal, *NOBODY):
                raise SpoolForbidden(f"spool {spool.spool_id} belongs to another principal than {principal}")
            known.append(Committed(state.committed, newest_seq=0, newest_chain=0))
        return known

    def open(
        self,
        held: Sequence[tuple[Held, Committed]],
        tenant: str,
        producer: str = "",
        principal: str = "",
        *,
        provisional: bool = False,
    ) -> Session:
        """Begin a stream of these spools; a `provisional` one with what is remembered of them."""
        states = {}
        for spool, known in held:
            key = SpoolKey(tenant, spool.spool_id)
            if self.state(key).principal not in ("", principal):
                # The ledger says whose it is; what another one brought is no part of it.
                self._states[key] = SpoolState()
            state = states[key] = self.state(key)
            state.committed, state.floor, state.abandoned = known.committed, max(spool.lowest_seq, 1), spool.abandoned
            state.producer, state.principal = producer, principal
            state.provisional = provisional
            if not provisional:
                state.ranges = 0
        session = Session(states, provisional=provisional)
        self._streams.add(session)
        for key in states:
            self._open.setdefault(key, set()).add(session)
        metrics.STREAMS.set(len(self._streams))
        return session

    def close(self, session: Session) -> None:
        """End a stream."""
        self._streams.discard(session)
        for key in session.states:
            streams = self._open[key]
            streams.discard(session)
            if not streams:
                del self._open[key]
        metrics.STREAMS.set(len(self._streams))

    def logged(self, key: SpoolKey, seq: int) -> None:
        """A batch is durable."""
        self.state(key).set_logged(seq)
        for session in self._that_brought(key, seq):
            session.logged(key, seq)

    def committed(self, key: SpoolKey, seq: int, odd: Odd = NOTHING_ODD) -> None:
        """A batch is stored."""
        self.state(key).set_committed(seq)
        for session in self._that_brought(key, seq):
            session.committed(key, seq, odd)

    def refused(self, key: SpoolKey, seq: int, refusal: Refusal) -> None:
        """A batch that was taken could not be written."""
        self.state(key).set_refused(seq)
        for session in self._that_brought(key, seq):
            session.nack(key, seq, refusal)

    def forked(self, key: SpoolKey, seq: int) -> None:
        """Another batch has the number of one that was durable: it will never be stored."""
        self.refused(key, seq, Refusal(pb.NACK_CODE_ABORTED, FORKED.format(seq=seq)))

    def lost(self, key: SpoolKey, seq: int) -> None:
        """A batch that was durable can't be read any more: it is to be sent again, and is taken as new then."""
        self.refused(key, seq, Refusal(pb.NACK_CODE_RESOURCE_EXHAUSTED, "the write-ahead log was damaged", 1))

    def claims(self) -> list[Claim]:
        """What is known to have been committed, of all spools that are remembered."""
        return [
            Claim(key, state.producer, state.principal, state.committed.highest())
            for key, state in self._states.items()
            if state.committed
        ]

    def foreign(self, key: SpoolKey, seq: int) -> None:
        """A batch that was durable came from somebody else than whose the spool is: its number is free for the owner's."""
        self.refused(key, seq, Refusal(pb.NACK_CODE_RESOURCE_EXHAUSTED, "another principal had sent one", 1))

    def drain(self, deadline_unix_seconds: float) -> None:
        """Ask every producer to leave."""
        for session in self._streams:
            session.drain(deadline_unix_seconds)

    def drain_provisional(self, deadline_unix_seconds: float) -> int:
        """Ask those to leave, once, whose streams were opened without the ledger; return how many."""
        found = [session for session in self._streams if session.provisional and not session.leaving]
        for session in found:
            session.drain(deadline_unix_seconds)
        return len(found)

    def _that_brought(self, key: SpoolKey, seq: int) -> list[Session]:
        return [session for session in self._open.get(key, ()) if (key, seq) in session.outstanding]

    def _forget_idle(self) -> None:
        """Bound the memory that producers can take by coming once; an unknown spool costs one query at its Hello."""
        while len(self._states) > _REMEMBERED_SPOOLS:
            key, state = self._states.popitem(last=False)
            if not state.idle() or key in self._open:
                self._states[key] = state
                return


def proto_ranges(ranges: RangeSet) -> list[pb.SeqRange]:
    """Ranges as messages say them."""
    return [pb.SeqRange(first=first, last=last) for first, last in ranges]

"""A ring is bounded, drops its oldest, and accounts for every position that it was given."""

import asyncio

from logmesh.live.chunk import Chunk, Gap, Span
from logmesh.live.outbox import Outbox
from logmesh.live.ring import MAX_CHUNKS, Ring


def chunk(at: int, *bodies: bytes) -> Chunk:
    return Chunk((Span(1, at, at),), bodies, max(1, len(bodies)), at, sum(map(len, bodies)))


async def test_the_oldest_are_dropped_and_said_before_what_is_left() -> None:
    ring = Ring(10)
    for at in range(1, 6):
        ring.put(chunk(at, b"x" * 4))
    assert ring.take() == Gap([Span(1, 1, 3)], 3, 3, 1, 4)
    assert [ring.take(), ring.take(), ring.take()] == [chunk(4, b"xxxx"), chunk(5, b"xxxx"), None]
    assert ring.size == 0


async def test_one_chunk_larger_than_the_ring_is_kept() -> None:
    ring = Ring(10)
    ring.put(chunk(1, b"x" * 100))
    assert ring.take() == chunk(1, b"x" * 100)


async def test_what_had_matched_nothing_leaves_no_gap_but_its_positions() -> None:
    ring = Ring(10)
    for at in range(1, MAX_CHUNKS + 3):
        ring.put(chunk(at))
    first = ring.take()
    assert isinstance(first, Chunk)
    assert (first.spans, first.records, first.looked) == ([Span(1, 1, 2)], (), 2)
    assert len(ring) == MAX_CHUNKS


async def test_a_mark_is_passed_when_all_before_it_was_taken() -> None:
    ring = Ring(10)
    ring.put(chunk(1, b"x" * 8))
    mark = ring.mark()
    ring.put(chunk(2, b"x" * 8))
    assert not ring.has_said(mark)  # the first was dropped, and that is not said yet
    assert isinstance(ring.take(), Gap)
    assert ring.has_said(mark)


async def test_room_is_waited_for_while_more_than_half_is_taken() -> None:
    ring = Ring(10)
    ring.put(chunk(1, b"x" * 4))
    await asyncio.wait_for(ring.room(), 1)
    ring.put(chunk(2, b"x" * 4))
    waiting = asyncio.create_task(ring.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    ring.take()
    await asyncio.wait_for(waiting, 1)


async def test_messages_carry_counters_and_exactly_one_kind() -> None:
    outbox = Outbox(10)
    outbox.put(chunk(1))
    outbox.put(chunk(2, b"a", b"b"))
    said = outbox.next_message()
    assert said is not None
    message, made_of = said
    assert len(made_of) == 2
    assert list(message.frame.records) == [b"a", b"b"]
    assert (message.counters.received, message.counters.sent, message.counters.dropped) == (3, 2, 0)
    outbox.put(chunk(3, b"x" * 9))
    outbox.put(chunk(4, b"y" * 9))
    kinds = []
    while (said := outbox.next_message()) is not None:
        kinds.append(said[0].WhichOneof("message"))
    assert kinds == ["gap", "frame"]
    assert outbox.heartbeat().counters.dropped == 1
    outbox.put(chunk(5))
    said = outbox.next_message()
    assert said is not None and said[0].WhichOneof("message") == "heartbeat"

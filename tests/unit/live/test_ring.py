"""A ring is bounded, drops its oldest, and accounts for every position that it was given."""

import asyncio

from logmesh.live.message_ring import MessageRing
from logmesh.live.offer import LeftOut, Offer, Span
from logmesh.live.ring import MAX_OFFERS, Ring


def offer(at: int, *bodies: bytes) -> Offer:
    return Offer((Span(1, at, at),), bodies, max(1, len(bodies)), at, sum(map(len, bodies)))


async def test_the_oldest_are_dropped_and_said_before_what_is_left() -> None:
    ring = Ring(10)
    for at in range(1, 6):
        ring.put(offer(at, b"x" * 4))
    assert ring.take() == LeftOut([Span(1, 1, 3)], 3, 3, 1, 4)
    assert [ring.take(), ring.take(), ring.take()] == [offer(4, b"xxxx"), offer(5, b"xxxx"), None]
    assert ring.size == 0


async def test_one_chunk_larger_than_the_ring_is_kept() -> None:
    ring = Ring(10)
    ring.put(offer(1, b"x" * 100))
    assert ring.take() == offer(1, b"x" * 100)


async def test_what_had_matched_nothing_leaves_no_gap_but_its_positions() -> None:
    ring = Ring(10)
    for at in range(1, MAX_OFFERS + 3):
        ring.put(offer(at))
    first = ring.take()
    assert isinstance(first, Offer)
    assert (first.spans, first.records, first.looked) == ([Span(1, 1, 2)], (), 2)
    assert len(ring) == MAX_OFFERS


async def test_a_mark_is_passed_when_all_before_it_was_taken() -> None:
    ring = Ring(10)
    ring.put(offer(1, b"x" * 8))
    mark = ring.mark()
    ring.put(offer(2, b"x" * 8))
    assert not ring.has_said(mark)  # the first was dropped, and that is not said yet
    assert isinstance(ring.take(), LeftOut)
    assert ring.has_said(mark)


async def test_room_is_waited_for_while_more_than_half_is_taken() -> None:
    ring = Ring(10)
    ring.put(offer(1, b"x" * 4))
    await asyncio.wait_for(ring.room(), 1)
    ring.put(offer(2, b"x" * 4))
    waiting = asyncio.create_task(ring.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    ring.take()
    await asyncio.wait_for(waiting, 1)


async def test_messages_carry_counters_and_exactly_one_kind() -> None:
    ring = MessageRing(10)
    ring.put(offer(1))
    ring.put(offer(2, b"a", b"b"))
    said = ring.next_message()
    assert said is not None
    message, made_of = said
    assert len(made_of) == 2
    assert list(message.frame.records) == [b"a", b"b"]
    assert (message.counters.received, message.counters.sent, message.counters.dropped) == (3, 2, 0)
    ring.put(offer(3, b"x" * 9))
    ring.put(offer(4, b"y" * 9))
    kinds = []
    while (said := ring.next_message()) is not None:
        kinds.append(said[0].WhichOneof("message"))
    assert kinds == ["gap", "frame"]
    assert ring.heartbeat().counters.dropped == 1
    ring.put(offer(5))
    said = ring.next_message()
    assert said is not None and said[0].WhichOneof("message") == "heartbeat"

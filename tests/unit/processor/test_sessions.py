"""Acknowledgements gather and leave in one message."""

import asyncio

from logmesh.processor.admission import Refusal, Seen
from logmesh.processor.sessions import UNSAID_REFUSALS, Sessions
from logmesh.record.ranges import RangeSet
from logmesh.storage.ledger import SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb

KEY = SpoolKey("default", "00000000-0000-0000-0000-000000000001")


async def test_acknowledgements_are_joined_into_ranges() -> None:
    sessions = Sessions()
    session = sessions.open(KEY, RangeSet(), 1)
    for seq in (1, 2, 3, 5):
        sessions.logged(KEY, seq)
    sessions.committed(KEY, 1)
    logged, committed = await session.answers(1)
    assert [(span.first, span.last) for span in logged.logged.ranges] == [(1, 3), (5, 5)]
    assert [(span.first, span.last) for span in committed.committed.ranges] == [(1, 1)]


async def test_an_idle_stream_gets_a_heartbeat() -> None:
    session = Sessions().open(KEY, RangeSet(), 1)
    (answer,) = await session.answers(0.01)
    assert answer.HasField("heartbeat")


async def test_a_stream_that_ends_says_what_is_left_at_once_and_no_heartbeat() -> None:
    session = Sessions().open(KEY, RangeSet(), 1)
    session.logged(1)
    session.end()
    assert [answer.WhichOneof("message") for answer in await session.answers(60)] == ["logged"]
    assert await session.answers(60) == []


async def test_a_later_stream_takes_the_acknowledgements_of_an_earlier_one() -> None:
    sessions = Sessions()
    first = sessions.open(KEY, RangeSet(), 1)
    second = sessions.open(KEY, RangeSet(), 1)
    sessions.close(first)
    sessions.committed(KEY, 1)
    assert len(sessions) == 1
    assert [answer.WhichOneof("message") for answer in await second.answers(1)] == ["committed"]


async def test_a_refusal_names_code_reason_and_delay() -> None:
    sessions = Sessions()
    session = sessions.open(KEY, RangeSet(), 1)
    sessions.refused(KEY, 4, Refusal(pb.NACK_CODE_RESOURCE_EXHAUSTED, "full", 1.5))
    (answer,) = await session.answers(1)
    assert (answer.nack.seq, answer.nack.reason) == (4, "full")
    assert answer.nack.retry_after.ToMilliseconds() == 1500


async def test_a_stream_that_leaves_its_refusals_unread_is_not_read_on() -> None:
    session = Sessions().open(KEY, RangeSet(), 1)
    for seq in range(1, UNSAID_REFUSALS + 2):
        session.nack(seq, Refusal(pb.NACK_CODE_INVALID_ARGUMENT, "bad"))
    waiting = asyncio.create_task(session.heard())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert len(await session.answers(1)) == UNSAID_REFUSALS + 1
    await asyncio.wait_for(waiting, 1)


async def test_a_batch_that_the_log_lost_is_refused_for_now_and_taken_as_new_again() -> None:
    sessions = Sessions()
    session = sessions.open(KEY, RangeSet(), 1)
    assert session.state.admit(1, 7) is Seen.NEW
    sessions.logged(KEY, 1)
    sessions.lost(KEY, 1)
    kinds = {answer.WhichOneof("message"): answer for answer in await session.answers(1)}
    assert kinds["nack"].nack.HasField("retry_after")
    assert session.state.admit(1, 7) is Seen.NEW

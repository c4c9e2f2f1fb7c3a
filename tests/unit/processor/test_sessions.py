"""Acknowledgements gather and leave in one message."""

import asyncio
from uuid import UUID

import pytest

from logmesh.processor.admission import Refusal, Seen
from logmesh.processor.sessions import UNSAID_REFUSALS, Session, Sessions
from logmesh.record.ranges import RangeSet
from logmesh.storage.ledger import Committed, Held, SpoolForbidden, SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb

KEY = SpoolKey("default", "00000000-0000-0000-0000-000000000001")
EARLIER = SpoolKey("default", "00000000-0000-0000-0000-000000000002")


def opened(sessions: Sessions, *keys: SpoolKey) -> Session:
    return sessions.open([(Held(key.spool_id, 1), Committed(RangeSet(), 0, 0)) for key in keys or [KEY]], KEY.tenant)


async def test_acknowledgements_are_joined_into_ranges() -> None:
    sessions = Sessions()
    session = opened(sessions)
    for seq in (1, 2, 3, 5):
        session.outstanding.add((KEY, seq))
        sessions.logged(KEY, seq)
    sessions.committed(KEY, 1)
    logged, committed = await session.answers(1)
    assert [(span.first, span.last) for span in logged.logged.ranges] == [(1, 3), (5, 5)]
    assert [(span.first, span.last) for span in committed.committed.ranges] == [(1, 1)]


async def test_an_idle_stream_gets_a_heartbeat() -> None:
    session = opened(Sessions())
    (answer,) = await session.answers(0.01)
    assert answer.HasField("heartbeat")


async def test_a_stream_that_ends_says_what_is_left_at_once_and_no_heartbeat() -> None:
    session = opened(Sessions())
    session.logged(KEY, 1)
    session.end()
    assert [answer.WhichOneof("message") for answer in await session.answers(60)] == ["logged"]
    assert await session.answers(60) == []


async def test_a_stream_is_answered_for_what_it_brought_alone() -> None:
    """Another stream may hold another batch under the number, and would let go of it."""
    sessions = Sessions()
    first, second = opened(sessions), opened(sessions)
    first.outstanding.add((KEY, 1))
    sessions.logged(KEY, 1)
    sessions.committed(KEY, 1)
    assert [answer.WhichOneof("message") for answer in await first.answers(1)] == ["logged", "committed"]
    assert [answer.WhichOneof("message") for answer in await second.answers(0.01)] == ["heartbeat"]
    sessions.close(first)
    assert len(sessions) == 1


async def test_two_streams_of_a_spool_are_both_answered() -> None:
    sessions = Sessions()
    streams = [opened(sessions), opened(sessions)]
    for stream in streams:
        stream.outstanding.add((KEY, 1))
    sessions.logged(KEY, 1)
    assert [[answer.WhichOneof("message") for answer in await stream.answers(1)] for stream in streams] == [
        ["logged"],
        ["logged"],
    ]


async def test_an_answer_names_its_spool_where_that_is_not_the_stream_s_own() -> None:
    sessions = Sessions()
    session = opened(sessions, KEY, EARLIER)
    session.outstanding |= {(KEY, 1), (EARLIER, 7)}
    sessions.logged(KEY, 1)
    sessions.logged(EARLIER, 7)
    answers = {answer.logged.spool_id: answer.logged.ranges[0].first for answer in await session.answers(1)}
    assert answers == {b"": 1, UUID(EARLIER.spool_id).bytes: 7}
    assert [session.key_of(name) for name in answers] == [KEY, EARLIER]
    assert session.key_of(UUID(KEY.spool_id).bytes) == KEY
    assert session.key_of(bytes(16)) is None


async def test_a_refusal_names_code_reason_and_delay() -> None:
    sessions = Sessions()
    session = opened(sessions)
    session.outstanding.add((KEY, 4))
    sessions.refused(KEY, 4, Refusal(pb.NACK_CODE_RESOURCE_EXHAUSTED, "full", 1.5))
    (answer,) = await session.answers(1)
    assert (answer.nack.seq, answer.nack.reason) == (4, "full")
    assert answer.nack.retry_after.ToMilliseconds() == 1500


async def test_a_stream_that_leaves_its_refusals_unread_is_not_read_on() -> None:
    session = opened(Sessions())
    for seq in range(1, UNSAID_REFUSALS + 2):
        session.nack(KEY, seq, Refusal(pb.NACK_CODE_INVALID_ARGUMENT, "bad"))
    waiting = asyncio.create_task(session.heard())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert len(await session.answers(1)) == UNSAID_REFUSALS + 1
    await asyncio.wait_for(waiting, 1)


async def test_a_batch_that_the_log_lost_is_refused_for_now_and_taken_as_new_again() -> None:
    sessions = Sessions()
    session = opened(sessions)
    assert session.states[KEY].admit(1, 7) is Seen.NEW
    session.outstanding.add((KEY, 1))
    sessions.logged(KEY, 1)
    sessions.lost(KEY, 1)
    kinds = {answer.WhichOneof("message"): answer for answer in await session.answers(1)}
    assert kinds["nack"].nack.HasField("retry_after")
    assert session.states[KEY].admit(1, 7) is Seen.NEW


async def test_a_provisional_stream_is_told_what_is_logged_and_never_that_it_is_committed() -> None:
    sessions = Sessions()
    session = sessions.open([(Held(KEY.spool_id, 1), Committed(RangeSet(), 0, 0))], KEY.tenant, provisional=True)
    session.outstanding.add((KEY, 1))
    sessions.logged(KEY, 1)
    assert not session.outstanding, "nothing is to be waited for"
    sessions.committed(KEY, 1)
    session.committed(KEY, 1)
    (logged,) = await session.answers(1)
    assert [(span.first, span.last) for span in logged.logged.ranges] == [(1, 1)]
    assert sessions.drain_provisional(0) == 1
    assert sessions.drain_provisional(0) == 0, "once"
    (drain,) = await session.answers(1)
    assert drain.HasField("drain")


def test_what_another_principal_brought_without_the_ledger_is_forgotten_once_it_says_whose_the_spool_is() -> None:
    sessions = Sessions()
    held = [(Held(KEY.spool_id, 1), Committed(RangeSet(), 0, 0))]
    thief = sessions.open(held, KEY.tenant, principal="thief", provisional=True)
    assert thief.states[KEY].admit(1, 666) is Seen.NEW
    with pytest.raises(SpoolForbidden):
        sessions.remembered(KEY.tenant, "owner", [Held(KEY.spool_id, 1)])
    owner = sessions.open(held, KEY.tenant, principal="owner")
    assert owner.states[KEY].admit(1, 1) is Seen.NEW
    with pytest.raises(SpoolForbidden):
        sessions.remembered(KEY.tenant, "thief", [Held(KEY.spool_id, 1)])

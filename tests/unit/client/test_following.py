"""Where a tail stands, and when it goes on."""

from datetime import timedelta

import grpc
import pytest

from logmesh.client.asking import requests
from logmesh.client.asking.following import Following, Gap, reason_of
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2 import (
    TAIL_GAP_REASON_DATABASE_REPLACED,
    TAIL_GAP_REASON_SLOW,
    TailFrame,
    TailGap,
    TailHeartbeat,
    TailResponse,
)


class Clock:
    """Time as the test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def frame(*ids: str, token: str = "") -> TailResponse:
    records = [LogRecord(id=one, body=one) for one in ids]
    return TailResponse(frame=TailFrame(records=records), resume_token=token)


def bodies(items: list[LogRecord | TailGap]) -> list[str]:
    return [item.body if isinstance(item, LogRecord) else reason_of(item) for item in items]


def test_it_goes_on_with_the_last_token_and_leaves_out_what_came_before() -> None:
    following = Following("a", None, timedelta(minutes=1), 60)
    assert following.request().backlog.ToTimedelta() == timedelta(minutes=1)
    assert bodies(following.take(frame("1-1", "1-2", token="t1"))) == ["1-1", "1-2"]
    assert following.take(TailResponse(heartbeat=TailHeartbeat(), resume_token="t2")) == []
    assert following.pause(grpc.StatusCode.UNAVAILABLE) is not None
    request = following.request()
    assert (request.filter, request.resume_token, request.HasField("backlog")) == ("a", "t2", False)
    assert bodies(following.take(frame("1-2", "1-3", token="t3"))) == ["1-3"]
    assert following.resume_token == "t3"


def test_without_a_token_a_broken_connection_is_a_gap() -> None:
    following = Following("", None, None, 60)
    following.take(frame("1-1"))
    assert following.pause(None) is not None
    assert following.is_away
    assert bodies(following.take(frame("1-2"))) == ["disconnected", "1-2"]
    assert not following.is_away
    assert bodies(following.take(frame("1-3"))) == ["1-3"]


def test_gaps_are_handed_on() -> None:
    following = Following("", None, None, 60)
    (item,) = following.take(TailResponse(gap=TailGap(reason=TAIL_GAP_REASON_SLOW, dropped=7)))
    assert isinstance(item, TailGap)
    assert Gap.of(item) == Gap("slow", 7)


def test_a_gap_for_a_reason_that_is_not_known_yet_is_handed_on() -> None:
    (item,) = Following("", None, None, 60).take(TailResponse(gap=TailGap(reason=99, dropped=7)))  # type: ignore[arg-type]
    assert isinstance(item, TailGap)
    assert Gap.of(item) == Gap("unknown", 7)


def test_what_comes_from_the_store_is_told_from_what_is_live() -> None:
    following = Following("", None, timedelta(minutes=1), 60)
    following.take(TailResponse(frame=TailFrame(records=[LogRecord(id="1-1")], backlog=True)))
    assert following.in_backlog
    following.take(frame("1-2"))
    assert not following.in_backlog


def test_in_another_database_the_same_ids_are_other_records() -> None:
    following = Following("", None, None, 60)
    following.take(frame("1-1", token="t"))
    replaced = TailGap(reason=TAIL_GAP_REASON_DATABASE_REPLACED)
    assert bodies(following.take(TailResponse(gap=replaced))) == ["database_replaced"]
    assert bodies(following.take(frame("1-1"))) == ["1-1"]


def test_who_never_answered_and_who_refuses_is_not_waited_for() -> None:
    following = Following("", None, None, 60)
    assert following.pause(grpc.StatusCode.UNAVAILABLE) is None
    following.take(frame("1-1"))
    assert following.pause(grpc.StatusCode.INVALID_ARGUMENT) is None
    assert following.pause(grpc.StatusCode.UNAUTHENTICATED) is None


def test_patience_ends_and_begins_anew_with_every_answer() -> None:
    clock = Clock()
    following = Following("", None, None, 60, clock)
    following.take(frame("1-1", token="t"))
    pauses = []
    for clock.now in (0, 30, 59):
        pauses.append(following.pause(grpc.StatusCode.UNAVAILABLE))
    assert all(pause is not None and 0 <= pause <= 5 for pause in pauses)
    following.take(frame("1-2", token="t"))
    clock.now = 100
    assert following.pause(grpc.StatusCode.UNAVAILABLE) is not None
    clock.now = 161
    assert following.pause(grpc.StatusCode.UNAVAILABLE) is None


def test_a_token_and_a_backlog_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="exclude"):
        Following("", "t", timedelta(1), 60)


def test_a_filter_that_can_not_be_sent_is_refused_before_anything_is() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        Following("a\udcff", None, None, 60)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        requests.search("a\udcff", None, None, None)

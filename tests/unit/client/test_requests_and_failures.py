"""Arguments into requests, errors of gRPC into the library's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from logmesh.client import errors
from logmesh.client.asking import requests
from logmesh.client.asking.listing import Listing
from logmesh.client.asking.paging import Pages
from logmesh.client.asking.pipeline import Fact
from logmesh.client.channel import authorization
from logmesh.client.delivering.row import Row, row_of
from logmesh.client.failures import from_rpc
from logmesh.client.moments import from_unix_nano, to_unix_nano
from logmesh.client.record import Record
from logmesh.record.columns import OriginKey
from logmesh.v1.pipeline_service_pb2 import LedgerEntry as LedgerEntryMessage
from logmesh.v1.pipeline_service_pb2 import ListLedgerRequest, ListLedgerResponse
from logmesh.v1.query_service_pb2 import (
    SEARCH_END_EXHAUSTED,
    SEARCH_END_TIME_LIMIT,
    SearchDone,
    SearchEnd,
    SearchRequest,
    SearchResponse,
    SearchRows,
)
from logmesh.v1.record_pb2 import LogRecord

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Refused(grpc.RpcError):
    """An error as gRPC raises it."""

    def __init__(self, code: grpc.StatusCode, details: str, metadata: Any = ()) -> None:
        self._code, self._details, self._metadata = code, details, metadata

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> Any:
        return self._metadata


def test_a_range_is_so_long_before_the_end_or_between_two_times() -> None:
    request = requests.search("a", timedelta(hours=1), None, NOON)
    assert request.end_time.seconds - request.start_time.seconds == 3_600
    assert not requests.search("a", None, None, None).HasField("start_time")
    for wrong in (
        (timedelta(1), NOON, None),
        (None, NOON, NOON - timedelta(1)),
        (None, NOON.replace(tzinfo=None), None),
    ):
        with pytest.raises(ValueError):
            requests.search("", *wrong)
    exact = requests.search("", None, 1_769_860_800_123_456_789, 1_769_860_800_123_456_790)
    assert (exact.start_time.ToNanoseconds(), exact.end_time.ToNanoseconds()) == (
        1_769_860_800_123_456_789, 1_769_860_800_123_456_790,
    )  # fmt: skip
    assert requests.search("", None, 0, None).HasField("start_time")
    with pytest.raises(ValueError, match="fields"):
        requests.facets("", None, None, None, "level", 10)


def test_times_come_back_as_they_went() -> None:
    moment = NOON + timedelta(microseconds=123_457)
    assert from_unix_nano(to_unix_nano(moment)) == moment
    assert to_unix_nano(NOON) == 1_769_860_800 * 10**9


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, errors.ConnectionFailed),
        (grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceeded),
        (grpc.StatusCode.INVALID_ARGUMENT, errors.InvalidRequest),
        (grpc.StatusCode.NOT_FOUND, errors.NotFound),
        (grpc.StatusCode.UNAUTHENTICATED, errors.Unauthenticated),
        (grpc.StatusCode.PERMISSION_DENIED, errors.PermissionDenied),
        (grpc.StatusCode.UNIMPLEMENTED, errors.Unsupported),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, errors.Overloaded),
        (grpc.StatusCode.INTERNAL, errors.ServerError),
    ],
)
def test_every_code_is_one_error_of_the_tree(code: grpc.StatusCode, kind: type[Exception]) -> None:
    error = from_rpc(Refused(code, "why"), "gateway:1")
    assert type(error) is kind
    assert "why" in str(error)


def test_a_token_may_come_with_the_end_of_its_file_s_line_and_must_fit_into_a_header() -> None:
    assert authorization("abc\n") == authorization(" abc ") == (("authorization", "Bearer abc"),)
    assert authorization(None) == authorization("\n") == ()
    for wrong in ("two\nlines", "t\u00f6ken", "nul\0"):
        with pytest.raises(ValueError, match="no token"):
            authorization(wrong)


def test_an_overloaded_server_says_when_to_come_again() -> None:
    detail = AnyMessage()
    detail.Pack(RetryInfo(retry_delay=Duration(seconds=2)))
    rich = Status(code=8, message="busy", details=[detail]).SerializeToString()
    error = from_rpc(Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy", [("grpc-status-details-bin", rich)]), "g")
    assert isinstance(error, errors.Overloaded)
    assert error.retry_after == timedelta(seconds=2)
    broken = Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy", [("grpc-status-details-bin", b"\xff")])
    assert from_rpc(broken, "g").retry_after is None  # type: ignore[attr-defined]


def done(end: SearchEnd.ValueType, token: str) -> SearchResponse:
    return SearchResponse(done=SearchDone(end=end, next_page_token=token))


def test_pages_grow_and_end_with_the_last_token() -> None:
    pages = Pages(SearchRequest(), None)
    sizes = []
    for token in ("a", "b", "c", "d", ""):
        request = pages.request()
        assert request is not None
        sizes.append(request.page_size)
        assert len(pages.take(SearchResponse(rows=SearchRows(records=[LogRecord()])))) == 1
        pages.take(done(SEARCH_END_EXHAUSTED, token))
        pages.end("g")
    assert sizes == [100, 300, 900, 2_700, 3_000]
    assert pages.request() is None


def test_pages_of_large_records_are_small() -> None:
    pages = Pages(SearchRequest(), None)
    large = [LogRecord(body="x" * (256 << 10))] * 4
    sizes = []
    for token in ("a", "b", "c"):
        request = pages.request()
        assert request is not None
        sizes.append(request.page_size)
        pages.take(SearchResponse(rows=SearchRows(records=large)))
        pages.take(done(SEARCH_END_EXHAUSTED, token))
        pages.end("g")
    assert sizes == [100, 63, 63]  # 16 MiB


def test_a_search_that_does_not_get_on_is_ended() -> None:
    pages = Pages(SearchRequest(), None)
    pages.take(done(SEARCH_END_TIME_LIMIT, "a"))
    pages.end("g")  # it came as far as "a": ask on
    pages.request()
    pages.take(done(SEARCH_END_TIME_LIMIT, "a"))
    with pytest.raises(errors.DeadlineExceeded):
        pages.end("g")


def test_patience_runs_while_a_record_is_waited_for_and_begins_anew_with_each() -> None:
    now = 0.0
    pages = Pages(SearchRequest(), None, 3, lambda: now)
    pages.request()
    assert pages.seconds() == 3
    now = 2.0
    pages.take(done(SEARCH_END_TIME_LIMIT, "b"))
    pages.end("g")
    pages.request()
    assert pages.seconds() == 1
    for later in (2.5, 5.0, 7.5, 10.0):  # each in time, all of them on one page
        now = later
        pages.take(SearchResponse(rows=SearchRows(records=[LogRecord()])))
        assert pages.seconds() == 3
    pages.take(SearchResponse(rows=SearchRows(records=[LogRecord()])))
    pages.take(done(SEARCH_END_TIME_LIMIT, "c"))
    now = 100.0  # somebody looks at that record
    pages.end("g")
    pages.request()
    assert pages.seconds() == 3
    now = 103.0
    pages.take(done(SEARCH_END_TIME_LIMIT, "d"))
    with pytest.raises(errors.DeadlineExceeded, match="ask for less"):
        pages.end("g")
    assert Pages(SearchRequest(), None).seconds() is None


def test_a_list_is_asked_for_page_by_page_and_a_row_that_moved_comes_once() -> None:
    entries = [LedgerEntryMessage(spool_id=str(number)) for number in range(1_500)]
    listing = Listing(ListLedgerRequest(), 1_200, lambda page: page.entries, lambda entry: entry.spool_id)
    request = listing.request()
    assert (request.page_size, request.page_token) == (1_000, "")
    listing.take(ListLedgerResponse(entries=entries[:1_000], next_page_token="a", total=1_500))
    request = listing.request()
    assert (request.page_size, request.page_token) == (200, "a")
    listing.take(ListLedgerResponse(entries=entries[999:1_199], next_page_token="b", total=1_500))
    assert listing.request().page_size == 1
    listing.take(ListLedgerResponse(entries=entries[1_199:1_200], next_page_token="c", total=1_500))
    assert listing.request() is None
    assert (listing.found, listing.found.total) == (entries[:1_200], 1_500)


def test_facts_are_acknowledged_a_thousand_at_a_time() -> None:
    facts = [Fact("lost", str(number), "p", 3, ((1, 2), (5, 5)), None, "") for number in range(1_001)]
    first, second = requests.acknowledge(facts, "seen", "ada")
    assert (len(first.facts), len(second.facts), first.reason, second.by) == (1_000, 1, "seen", "ada")
    assert Fact.of(first.facts[0]) == facts[0]
    assert list(requests.acknowledge([], "seen", "")) == []


def test_an_answer_without_an_end_is_broken() -> None:
    pages = Pages(SearchRequest(), None)
    pages.request()
    pages.take(SearchResponse(rows=SearchRows(records=[LogRecord()])))
    with pytest.raises(errors.ServerError, match="broke off"):
        pages.end("g")


def row(**fields: Any) -> Row:
    return row_of(Record(body="b", **fields), OriginKey(b"service", b"instance"), 5)


def test_a_record_s_severity_is_its_number_or_what_its_name_says() -> None:
    assert (row(severity="warning").severity, row(severity="warning").severity_text) == (13, b"warning")
    assert row(severity="W", severity_number=13).severity == 13
    assert row().severity == 0


def test_a_record_without_a_time_or_an_origin_gets_the_appender_s() -> None:
    assert row().time_unix_nano == 5
    assert row(time=NOON).time_unix_nano == to_unix_nano(NOON)
    assert row().origin == OriginKey(b"service", b"instance")
    assert row(scope="s").origin == OriginKey(b"service", b"instance", scope_name=b"s")
    assert row(service="other").origin == OriginKey(b"other", b"instance")

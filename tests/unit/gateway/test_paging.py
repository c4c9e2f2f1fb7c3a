"""Page tokens, windows and requests: the pure part of a search."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.query.search import read_search
from logmesh.gateway.requests.checks import DEFAULT_RANGE_NANO
from logmesh.gateway.requests.page_token import PageTokenError, decode_page_token, encode_page_token
from logmesh.gateway.walking.windows import FIRST_NANO, LEAST_NANO, PATIENCE_SECONDS, Windows
from logmesh.rows.records import from_timestamp, to_timestamp
from logmesh.store.order import Cursor
from logmesh.v1.query_service_pb2 import SearchRequest

NOW = 1_800_000_000_123_456_789
times = st.integers(0, (1 << 63) - 1)


@given(
    times,
    times,
    st.integers(-1, (1 << 31) + 1) | st.integers(1 << 32, (1 << 63) - 1),
    st.integers(-1, (1 << 63) - 1),
    st.text(),
)
def test_a_token_gives_back_the_place_and_the_range(start: int, at: int, spool: int, position: int, text: str) -> None:
    cursor = Cursor(at, spool, position)
    assert decode_page_token(encode_page_token(text, start, cursor), text) == (start, cursor)


OF_BEFORE = "AZrG_XJJTtwQGPridpsPzRAY-uJ2mw_NFQAAAAcAAAAAAAHAAw"
"""What a gateway of a release with numbers of 32 bits gave out for a search for `level >= warn`."""


def test_a_token_of_a_release_before_is_read_and_one_that_it_can_read_is_given_out_for_as_long_as_that_goes() -> None:
    place = NOW - 5, Cursor(NOW, 7, 0x1C003)
    assert decode_page_token(OF_BEFORE, "level >= warn") == place
    assert encode_page_token("level >= warn", *place) == OF_BEFORE
    assert len(encode_page_token("", NOW, Cursor(NOW, (1 << 31) - 1, 1))) == len(OF_BEFORE)
    assert len(encode_page_token("", NOW, Cursor(NOW, 1 << 31, 1))) > len(OF_BEFORE)


@given(st.text(max_size=60))
def test_a_token_that_was_made_up_is_refused(token: str) -> None:
    with pytest.raises(PageTokenError):
        decode_page_token(token, "")


@given(times)
def test_times_keep_their_nanoseconds(unix_nano: int) -> None:
    assert from_timestamp(*to_timestamp(unix_nano)) == unix_nano


def test_windows_grow_while_answers_are_quick_and_never_pass_the_start() -> None:
    windows = Windows()
    assert windows.lower(NOW, 0) == NOW - FIRST_NANO
    windows.finished(0.01)
    assert windows.lower(NOW, 0) == NOW - 4 * FIRST_NANO
    assert windows.lower(NOW, NOW - 5) == NOW - 5
    windows.finished(10)
    assert windows.lower(NOW, 0) == NOW - 2 * FIRST_NANO


def test_a_window_reaches_as_far_as_what_is_still_wanted_should_need() -> None:
    windows = Windows()
    windows.finished(0.01, found=60, wanted=40)
    assert windows.lower(NOW, 0) == NOW - FIRST_NANO
    windows.finished(0.01, found=1, wanted=40)
    assert windows.lower(NOW, 0) == NOW - 4 * FIRST_NANO
    windows.finished(0.01, found=1_000_000, wanted=1)
    assert windows.lower(NOW, 0) == NOW - FIRST_NANO
    windows.finished(0.01, found=0, wanted=1)
    assert windows.lower(NOW, 0) == NOW - 4 * FIRST_NANO


def test_a_cancelled_query_is_tried_in_narrower_windows_until_there_is_none() -> None:
    windows = Windows()
    assert windows.patience(60) == PATIENCE_SECONDS
    while windows.cancelled():
        pass
    assert windows.lower(NOW, 0) == NOW - LEAST_NANO
    assert windows.patience(60) == 60


def test_fifty_years_without_records_are_crossed_in_a_few_steps() -> None:
    windows, at, steps = Windows(), NOW, 0
    while at > 0:
        at = windows.lower(at, 0)
        windows.finished(0.01)
        steps += 1
    assert steps < 20


def test_an_empty_request_is_the_last_fifteen_minutes() -> None:
    query = read_search(SearchRequest(), NOW)
    assert (query.start_unix_nano, query.cursor, query.page_size) == (NOW - DEFAULT_RANGE_NANO, Cursor(NOW), 100)


def test_the_start_is_counted_from_the_end_that_is_given() -> None:
    query = read_search(SearchRequest(end_time=Timestamp(seconds=10_000)), NOW)
    assert query.start_unix_nano == 10_000 * 10**9 - DEFAULT_RANGE_NANO

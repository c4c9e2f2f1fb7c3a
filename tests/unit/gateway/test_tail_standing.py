"""A resume token gives back what was put into it, and nothing else passes for one."""

import base64
import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.tail.coverage import positions_of_batches, spans_of, touches, without
from logmesh.gateway.tail.standing import ResumeTokenError, Standing, StoredAt, read_token
from logmesh.live.chunk import Span
from logmesh.record.ranges import RangeSet

POSITIONS = st.dictionaries(
    st.integers(1, 2**31 - 1),
    st.lists(st.tuples(st.integers(1, 2**62), st.integers(0, 2**20)), min_size=1, max_size=8).map(
        lambda pairs: RangeSet((first, first + length) for first, length in pairs)
    ),
    max_size=6,
)
NUMBERS = st.sets(st.integers(1, 60)).map(lambda numbers: RangeSet((number, number) for number in numbers))


@given(st.integers(0, 2**54), POSITIONS, POSITIONS, st.text(max_size=5))
def test_a_token_gives_the_standing_back(
    watermark: int, covered: dict[int, RangeSet], due: dict[int, RangeSet], filter_text: str
) -> None:
    standing = Standing(watermark, covered, due, StoredAt(watermark + 5, 3, 77))
    assert read_token(standing.token(filter_text), filter_text) == standing


def test_a_token_is_short_whatever_holes_there_are_and_keeps_the_newest_ones() -> None:
    covered = {1: RangeSet((at, at) for at in range(2, 20_000, 2))}
    token = Standing(10**15, covered).token("")
    assert len(token) < 500
    read = read_token(token, "").covered[1]
    assert len(read) == 64
    lowest, *others = read
    assert lowest[0] == 2
    assert others == list(covered[1])[-63:]


@pytest.mark.parametrize("token", ["", "x", "AAAA", "é", "-_" * 40, "A" * 200])
def test_another_text_is_refused(token: str) -> None:
    with pytest.raises(ResumeTokenError, match="not one that a tail returned"):
        read_token(token, "")


def test_a_token_of_another_filter_is_refused() -> None:
    with pytest.raises(ResumeTokenError, match="another filter"):
        read_token(Standing(1).token("a"), "b")


def test_a_token_that_unpacks_to_gigabytes_is_refused() -> None:
    head = base64.urlsafe_b64decode(Standing(1).token("") + "==")[:9]
    bomb = base64.urlsafe_b64encode(head + zlib.compress(b"\1" * (8 << 20))).decode().rstrip("=")
    with pytest.raises(ResumeTokenError):
        read_token(bomb, "")


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    head = base64.urlsafe_b64decode(Standing(1).token("") + "==")[:9]
    token = base64.urlsafe_b64encode(head + zlib.compress(data)).decode().rstrip("=")
    with contextlib.suppress(ResumeTokenError):
        read_token(token, "")


@given(NUMBERS, NUMBERS)
def test_what_is_missing_is_a_difference_of_sets(committed: RangeSet, taken: RangeSet) -> None:
    def members(ranges: RangeSet) -> set[int]:
        return {number for first, last in ranges for number in range(first, last + 1)}

    left = committed.without(taken)
    assert members(left) == members(committed) - members(taken)
    assert left == RangeSet(left)
    for number in range(1, 61):
        assert touches({1: taken}, Span(1, number, number)) == (number in members(taken))
    assert without({1: committed}, {2: taken}) == ({1: committed} if committed else {})


def test_batches_that_follow_each_other_are_one_range_of_positions() -> None:
    positions = positions_of_batches(RangeSet([(1, 2), (4, 4)]))
    assert spans_of({7: positions}) == [Span(7, 1 << 14, (3 << 14) - 1), Span(7, 4 << 14, (5 << 14) - 1)]

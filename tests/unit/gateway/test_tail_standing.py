"""A resume token gives back what was put into it, and nothing else passes for one."""

import base64
import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.tail.coverage import batch_at, span_of_batches
from logmesh.gateway.tail.sent import Sent
from logmesh.gateway.tail.snapshot import Place, Snapshot
from logmesh.gateway.tail.standing import Loading, ResumeTokenError, Standing, read_token
from logmesh.live.offer import Span
from logmesh.store.flushes import StoredAt

SPANS = st.lists(
    st.tuples(st.integers(1, 2**62), st.integers(1, 2**62), st.integers(0, 2**20)).map(
        lambda one: Span(one[0], one[1], one[1] + one[2])
    ),
    max_size=8,
)
SNAPSHOTS = st.integers(3, 2**60).flatmap(
    lambda xmax: st.sets(st.integers(1, xmax - 1), max_size=5).map(lambda xids: Snapshot(xmax, tuple(sorted(xids))))
)
NOW = Snapshot(1_000_000, (999_000, 999_990))


def place(snapshot: Snapshot) -> Place:
    return Place(b"database", snapshot, 10**15)


@given(SNAPSHOTS, SPANS, st.text(max_size=5))
def test_a_token_gives_the_standing_back(snapshot: Snapshot, spans: list[Span], filter_text: str) -> None:
    standing = Standing(place(snapshot), 10**15, Sent(spans))
    assert read_token(standing.token(filter_text), filter_text) == standing
    until = place(Snapshot(snapshot.xmax + 7, (snapshot.xmax,)))
    standing.loading = Loading(until, StoredAt(10**15 + 5, 3, 77))
    assert read_token(standing.token(filter_text), filter_text) == standing


@given(st.integers(0, 2**54), SPANS)
def test_a_token_of_a_tail_that_began_without_the_store_tells_since_when(since: int, spans: list[Span]) -> None:
    standing = Standing(None, since, Sent(spans))
    assert read_token(standing.token(""), "") == standing


def test_a_token_is_short_however_many_spools_there_are_and_keeps_the_last_ones() -> None:
    spans = [Span(spool, 1_000 << 14, (1_001 << 14) - 1) for spool in range(1, 10_001)]
    token = Standing(place(NOW), sent=Sent(spans)).token("")
    assert len(token) < 1_000
    assert read_token(token, "").sent == Sent(spans[-64:])


def test_a_token_of_few_spools_is_tiny() -> None:
    spans = [Span(spool, 1_000 << 14, (1_001 << 14) - 1) for spool in range(1, 4)]
    assert len(Standing(place(NOW), sent=Sent(spans)).token("")) < 120


@pytest.mark.parametrize("token", ["", "x", "AAAA", "é", "-_" * 40, "A" * 200, "A" * 3_000_000])
def test_another_text_is_refused(token: str) -> None:
    with pytest.raises(ResumeTokenError, match="not one that a tail returned"):
        read_token(token, "")


def test_a_token_of_another_filter_is_refused() -> None:
    with pytest.raises(ResumeTokenError, match="another filter"):
        read_token(Standing(place(NOW)).token("a"), "b")


def head(version: int) -> bytes:
    return bytes([version]) + base64.urlsafe_b64decode(Standing(None).token("") + "==")[1:9]


def read(packed: bytes) -> Standing:
    return read_token(base64.urlsafe_b64encode(packed).decode().rstrip("="), "")


def test_a_token_of_the_first_version_tells_since_when() -> None:
    standing = read(head(1) + zlib.compress(b"\x87\x01" * 4 + bytes(2)))
    assert (standing.place, standing.since, standing.outdated) == (None, 135, True)


@pytest.mark.parametrize("version", [1, 2])
def test_a_token_that_unpacks_to_gigabytes_is_refused_or_not_unpacked(version: int) -> None:
    with contextlib.suppress(ResumeTokenError):
        assert not read(head(version) + zlib.compress(b"\1" * (8 << 20))).sent.all()


@given(st.sampled_from([1, 2, 3]), st.binary(max_size=60))
def test_no_bytes_raise_anything_else(version: int, data: bytes) -> None:
    for packed in (data, zlib.compress(data)):
        with contextlib.suppress(ResumeTokenError):
            read(head(version) + packed)


def test_what_was_sent_is_remembered_until_the_store_confirms_it() -> None:
    sent = Sent([Span(1, 10, 19), Span(2, 10, 19)])
    sent.add([Span(1, 20, 29)])
    assert sent.newest(1) == [Span(1, 10, 29)]
    sent.add([span_of_batches(1, 2, 4)])
    sent.confirm({batch_at(1, 0), batch_at(1, 3 << 14), batch_at(2, 5 << 14)})
    assert sent.all() == [span_of_batches(1, 2, 2), span_of_batches(1, 4, 4), Span(2, 10, 19)]


def test_what_was_sent_of_many_spools_is_forgotten_from_the_oldest_on() -> None:
    sent = Sent([Span(spool, 1, 1) for spool in range(1, 1_100)])
    assert [span.spool for span in sent.all()] == list(range(76, 1_100))

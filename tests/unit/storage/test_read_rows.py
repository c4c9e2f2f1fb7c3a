"""COPY rows come back as what they were made of, and what is no COPY row is refused."""

from struct import pack

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.storage.copy_rows import copy_rows, join_rows, origin_tail
from logmesh.storage.read_rows import CopiedRow, CopyRowsError, read_rows
from logmesh.storage.recent_traces import trace_key

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
copied = st.builds(
    CopiedRow,
    trace_id=st.just(b"") | st.binary(min_size=16, max_size=16).filter(any),
    span_id=st.just(b"") | st.binary(min_size=8, max_size=8).filter(any),
    tenant=texts,
    service=texts,
    severity_text=texts,
    original_time_unix_nano=st.none() | st.integers(0, (1 << 63) - 1),
    extra=st.just("") | texts.map(lambda text: "{" + text),
    unix_nano=st.integers(0, (1 << 63) - 1),
    position=st.integers(0, (1 << 63) - 1),
    spool=st.integers(0, (1 << 63) - 1),
    origin=st.integers(0, (1 << 63) - 1),
    severity=st.integers(0, 24),
    body=texts,
    attributes=st.just("") | texts.map(lambda text: "{" + text),
)


def write(row: CopiedRow) -> bytes:
    """The row as a processor lays it out."""
    tail = origin_tail(
        row.tenant.encode(),
        row.service.encode(),
        row.severity_text.encode(),
        row.original_time_unix_nano,
        row.extra.encode(),
    )
    return join_rows(
        copy_rows(
            times=np.array([row.unix_nano], np.int64),
            positions=np.array([row.position], np.int64),
            spool=row.spool,
            origins=row.origin,
            severities=np.array([row.severity], np.uint8),
            trace_ids=row.trace_id,
            span_ids=row.span_id,
            bodies=[row.body.encode()],
            attributes=[row.attributes.encode()],
            tails=[tail],
        )
    )


PLAIN = CopiedRow(b"t" * 16, b"s" * 8, "tenant", "service", "WARN", 5, "", 10**18, 7, 8, 9, 13, "body", "{}")


def test_rows_with_numbers_of_32_bits_as_releases_before_left_them_are_refused() -> None:
    wide = write(PLAIN)
    narrow = wide.replace(pack(">iqiq", 8, 8, 8, 9), pack(">iiii", 4, 8, 4, 9))
    assert len(narrow) == len(wide) - 8
    with pytest.raises(CopyRowsError):
        read_rows(narrow)
    assert trace_key("tenant", PLAIN.trace_id).startswith("logmesh:trace:3:")  # where theirs are not looked for


@given(st.lists(copied, max_size=5))
def test_rows_come_back_in_their_order(rows: list[CopiedRow]) -> None:
    assert read_rows(b"".join(map(write, rows))) == rows


def test_every_row_that_is_cut_short_is_refused() -> None:
    whole = write(PLAIN)
    for length in range(1, len(whole)):
        with pytest.raises(CopyRowsError):
            read_rows(whole + whole[:length])


@given(st.binary(min_size=1, max_size=200))
def test_bytes_that_are_no_rows_are_refused(data: bytes) -> None:
    with pytest.raises(CopyRowsError):
        read_rows(data)


@given(st.integers(0, len(write(PLAIN)) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_gives_a_row_within_its_ranges(at: int, value: int) -> None:
    data = bytearray(write(PLAIN))
    data[at] = value
    try:
        (row,) = read_rows(bytes(data))
    except CopyRowsError:
        return
    assert 0 <= row.severity <= 24
    assert min(row.unix_nano, row.position, row.spool, row.origin) >= 0


@pytest.mark.parametrize("row", [PLAIN._replace(severity=25), PLAIN._replace(spool=-1), PLAIN._replace(position=-1)])
def test_numbers_out_of_their_range_are_refused(row: CopiedRow) -> None:
    with pytest.raises(CopyRowsError):
        read_rows(write(row))

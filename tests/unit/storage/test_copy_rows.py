"""The bytes of a COPY row, field by field."""

import hashlib
from struct import unpack_from

import numpy as np
import pytest

from logmesh.storage.copy_rows import COLUMNS, copy_rows, join_rows, origin_tail
from logmesh.storage.recent_traces import ROWS


def _fields(row: bytes) -> dict[str, bytes | None]:
    (count,) = unpack_from(">h", row)
    at, values = 2, []
    for _ in range(count):
        (length,) = unpack_from(">i", row, at)
        at += 4
        values.append(None if length < 0 else row[at : at + length])
        at += max(length, 0)
    assert at == len(row)
    return dict(zip(COLUMNS, values, strict=True))


def _row(trace: bytes = b"", span: bytes = b"", attributes: bytes = b"") -> list[bytes]:
    return copy_rows(
        times=np.array([946_684_800_000_001_002], np.int64),
        positions=np.array([5], np.int64),
        spool=6,
        origins=7,
        severities=np.array([9], np.uint8),
        trace_ids=trace,
        span_ids=span,
        bodies=[b"body"],
        attributes=[attributes],
        tails=[origin_tail(b"tenant", b"service")],
    )


@pytest.mark.parametrize("trace", [b"", b"t" * 16])
@pytest.mark.parametrize("span", [b"", b"s" * 8])
@pytest.mark.parametrize("attributes", [b"", b"{}"])
def test_a_null_takes_no_bytes_and_shifts_nothing(trace: bytes, span: bytes, attributes: bytes) -> None:
    row = _row(trace, span, attributes)
    assert _fields(join_rows(row)) == {
        "trace_id": trace or None,
        "span_id": span or None,
        "time": (1).to_bytes(8, "big"),
        "position": (5).to_bytes(8, "big"),
        "spool": (6).to_bytes(8, "big"),
        "origin": (7).to_bytes(8, "big"),
        "ns": (2).to_bytes(2, "big"),
        "severity": (9).to_bytes(2, "big"),
        "body": b"body",
        "attributes": b"\1{}" if attributes else None,
        "tenant": b"tenant",
        "service": b"service",
        "severity_text": None,
        "original_time_unix_nano": None,
        "extra": None,
    }


def test_a_row_of_another_layout_has_another_key_in_redis() -> None:
    layouts = {"1": "14fd31a9c672d0ef", "2": "ed010a54c6c14f94", "3": "ae1ab927932fe20c"}
    assert layouts.get(ROWS) == hashlib.sha256(join_rows(_row())).hexdigest()[:16]

"""LogRecords that are read together are the same as when each is read by itself."""

from collections.abc import Sequence

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from logmesh.producer.receivers.otlp import columns
from logmesh.producer.receivers.otlp.columns import Columns, read_records

TRACE, SPAN = bytes(range(100, 116)), bytes(range(200, 208))
_each = st.fixed_dictionaries(
    {},
    optional={
        "time_unix_nano": st.integers(0, (1 << 64) - 1),
        "observed_time_unix_nano": st.just(int.from_bytes(b"\x4a\x10" * 4)),  # looks like what stands before a trace
        "severity_number": st.integers(0, 24),
        "severity_text": st.sampled_from(["INFO", "x" * 200]),
        "body": st.one_of(
            st.builds(AnyValue, string_value=st.sampled_from(["", "paid", "J\x10", "b" * 130, "c" * 20_000])),
            st.sampled_from([AnyValue(), AnyValue(int_value=0), AnyValue(array_value=ArrayValue(values=[AnyValue()]))]),
        ),
        "attributes": st.lists(
            st.builds(
                KeyValue,
                key=st.sampled_from(["", "n", "ERROR"]),
                value=st.builds(AnyValue, string_value=st.sampled_from(["", "e\0", "E\1\0\0\0", "J\x10", "v" * 130])),
            ),
            max_size=4,
        ),
        "dropped_attributes_count": st.integers(0, 300),
        "flags": st.integers(0, 0x1FF),
        "trace_id": st.sampled_from([b"", TRACE, b"\x4a\x10" * 8, b"too short"]),
        "span_id": st.sampled_from([b"", SPAN, b"\x52\x08" * 4]),
        "event_name": st.sampled_from(["", "paid"]),
    },
)
some = st.lists(_each, min_size=1, max_size=8)
alike = st.tuples(_each, st.integers(1, 5)).map(lambda drawn: [drawn[0]] * drawn[1])


def serialised(records: Sequence[dict[str, object]]) -> list[bytes]:
    return [LogRecord(**record).SerializeToString() for record in records]  # type: ignore[arg-type]


def said(read: Columns) -> list[list[object]]:
    return [list(column) for column in read]


def is_the_same_or_refused(raw: Sequence[bytes]) -> None:
    """Reads them together, and each by itself."""
    try:
        each = columns._read_one_by_one(raw)
    except DecodeError:
        with pytest.raises(DecodeError):
            read_records(raw)
    else:
        assert said(read_records(raw)) == said(each)


@given(st.one_of(some, alike))
def test_records_read_together_are_what_they_are_one_by_one(records: list[dict[str, object]]) -> None:
    raw = serialised(records)
    assert said(read_records(raw)) == said(columns._read_one_by_one(raw))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"trace_id": TRACE, "span_id": SPAN, "flags": 1}, {}),
        ({"trace_id": TRACE, "span_id": SPAN, "flags": 1}, {"trace_id": TRACE, "span_id": SPAN}),
        ({"trace_id": TRACE, "span_id": SPAN}, {"trace_id": TRACE}),
        ({"attributes": [KeyValue(key="a"), KeyValue(key="b")]}, {"attributes": [KeyValue(key="c" * 300)]}),
        ({"attributes": [KeyValue(key="a")]}, {}),
        ({"body": AnyValue(string_value="b" * 500)}, {"body": AnyValue(string_value="")}),
        ({"body": None}, {"body": None}),
        ({"severity_number": 0, "severity_text": ""}, {}),
        ({"body": None}, {}),
        ({"body": AnyValue(int_value=0)}, {"body": None}),
        ({"event_name": "paid", "dropped_attributes_count": 300}, {"time_unix_nano": 0}),
    ],
)
def test_what_senders_send_is_read_together(first: dict[str, object], second: dict[str, object]) -> None:
    always: dict[str, object] = {
        "time_unix_nano": 1,
        "observed_time_unix_nano": 2,
        "severity_number": 9,
        "severity_text": "INFO",
        "body": AnyValue(string_value="paid"),
    }
    raw = serialised([{**always, **first}, {**always, **second}, {**always, **first}])
    together = columns._read_together(raw)
    assert together is not None
    assert said(together) == said(columns._read_one_by_one(raw))


def test_a_record_that_says_a_field_twice_means_the_last_and_another_has_none() -> None:
    first, last = (LogRecord(time_unix_nano=time, trace_id=trace) for time, trace in ((1, TRACE), (2, TRACE[::-1])))
    read = read_records([first.SerializeToString() + last.SerializeToString(), LogRecord(flags=9).SerializeToString()])
    assert (list(read.times), list(read.trace_ids), list(read.flags)) == ([2, 0], [TRACE[::-1], b""], [0, 9])


def test_the_end_that_a_record_lacks_is_not_taken_from_the_next() -> None:
    whole = LogRecord(body=AnyValue(string_value="paid"), attributes=[KeyValue(key="a")]).SerializeToString()
    for cut in range(1, len(whole)):
        is_the_same_or_refused([whole[:cut], whole[cut:]])
        is_the_same_or_refused([whole[:cut], whole])


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=3))
def test_bytes_that_are_no_records_are_refused_as_they_are_one_by_one(raw: list[bytes]) -> None:
    is_the_same_or_refused(raw)

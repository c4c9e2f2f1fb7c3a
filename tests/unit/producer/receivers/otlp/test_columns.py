"""LogRecords that are read together, by compiled code and by protobuf's parser, are the same as when each is parsed by itself."""

import contextlib
from collections.abc import Callable, Sequence

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from logmesh.producer.receivers.otlp import compiled, parsing
from logmesh.producer.receivers.otlp.columns import Columns

TRACE, SPAN = bytes(range(100, 116)), bytes(range(200, 208))
_values = st.one_of(
    st.none(),
    st.builds(
        AnyValue, string_value=st.sampled_from(["", "e\0", "E\1\0\0\0", "J\x10", "v" * 130, "\n\\\x7f\u00e9\U0001f600"])
    ),
    st.builds(AnyValue, string_value=st.text(st.characters(codec="utf-8"), max_size=20)),
    st.builds(AnyValue, int_value=st.sampled_from([0, -1, 7, (1 << 63) - 1, -(1 << 63)])),
    st.builds(AnyValue, bool_value=st.booleans()),
    st.builds(AnyValue, double_value=st.sampled_from([0.1, 1e300, float("nan"), float("-inf")])),
    st.sampled_from(
        [
            AnyValue(),
            AnyValue(bytes_value=b"\xff"),
            AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue()])),
            AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=AnyValue(string_value="v"))])),
        ]
    ),
)
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
            st.builds(KeyValue, key=st.sampled_from(["", "n", "ERROR", 'a"b', "\u00e9"]), value=_values), max_size=4
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


Read = Callable[[list[bytes]], Columns | None]


by_each = pytest.mark.parametrize(
    "read",
    [
        pytest.param(compiled.read_records, id="compiled", marks=pytest.mark.needs("compiled reader")),
        pytest.param(parsing.read_records, id="parsed"),
    ],
)


def serialised(records: Sequence[dict[str, object]]) -> list[bytes]:
    return [LogRecord(**record).SerializeToString() for record in records]  # type: ignore[arg-type]


def said(read: Columns) -> list[list[object]]:
    return [list(column) for column in read]


def is_the_same_or_refused(read: Read, raw: list[bytes]) -> None:
    """As when each is parsed by itself. What compiled code leaves to the parser is refused as the parser does."""
    try:
        each = parsing._read_one_by_one(raw)
    except DecodeError:
        with contextlib.suppress(DecodeError):
            assert read(raw) is None
    else:
        assert said(read(raw) or each) == said(each)


@by_each
@given(records=st.one_of(some, alike))
def test_records_read_together_are_what_they_are_one_by_one(read: Read, records: list[dict[str, object]]) -> None:
    raw = serialised(records)
    together = read(raw)
    assert together is not None
    assert said(together) == said(parsing._read_one_by_one(raw))


@by_each
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
def test_what_senders_send_is_read_together(read: Read, first: dict[str, object], second: dict[str, object]) -> None:
    always: dict[str, object] = {
        "time_unix_nano": 1,
        "observed_time_unix_nano": 2,
        "severity_number": 9,
        "severity_text": "INFO",
        "body": AnyValue(string_value="paid"),
    }
    raw = serialised([{**always, **first}, {**always, **second}, {**always, **first}])
    together = read(raw)
    assert together is not None
    assert said(together) == said(parsing._read_one_by_one(raw))
    assert parsing._read_together(raw) is not None


@by_each
def test_a_record_that_says_a_field_twice_means_the_last_and_another_has_none(read: Read) -> None:
    first, last = (LogRecord(time_unix_nano=time, trace_id=trace) for time, trace in ((1, TRACE), (2, TRACE[::-1])))
    together = read([first.SerializeToString() + last.SerializeToString(), LogRecord(flags=9).SerializeToString()])
    assert together is not None
    assert (list(together.times), list(together.trace_ids), list(together.flags)) == (
        [2, 0],
        [TRACE[::-1], b""],
        [0, 9],
    )


@by_each
def test_the_end_that_a_record_lacks_is_not_taken_from_the_next(read: Read) -> None:
    whole = LogRecord(body=AnyValue(string_value="paid"), attributes=[KeyValue(key="a")]).SerializeToString()
    for cut in range(1, len(whole)):
        is_the_same_or_refused(read, [whole[:cut], whole[cut:]])
        is_the_same_or_refused(read, [whole[:cut], whole])


@by_each
@given(raw=st.lists(st.binary(max_size=40), min_size=1, max_size=3))
def test_bytes_that_are_no_records_are_refused_as_they_are_one_by_one(read: Read, raw: list[bytes]) -> None:
    is_the_same_or_refused(read, raw)


@by_each
@given(records=some, data=st.data())
def test_damaged_records_are_what_a_parser_says(
    read: Read, records: list[dict[str, object]], data: st.DataObject
) -> None:
    raw = serialised(records)
    damaged = bytearray(raw[0])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    is_the_same_or_refused(read, [bytes(damaged), *raw[1:]])


@pytest.mark.needs("compiled reader")
@pytest.mark.parametrize(
    ("text", "written"),
    [
        (bytes(range(32)) + b"\x7f\"\\/", r'\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f'
            r'\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f' "\x7f" r'\"\\/'),
        ("\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff".encode(), "\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"),
        (b"\xc1\xbf", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"),
        (b"cut \xe2\x82", "cut \ufffd"),
    ],
)  # fmt: skip
def test_texts_are_written_as_json_writes_them(text: bytes, written: str) -> None:
    for before in range(9):  # eight bytes are looked at together
        value = b"a" * before + text
        attribute = b"\x0a\x01k\x12" + bytes((len(value) + 2, 0x0A, len(value))) + value
        read = compiled.read_records([b"\x32" + bytes((len(attribute),)) + attribute])
        assert read is not None
        assert read.attributes == [f'{{"k":"{"a" * before}{written}"}}'.encode()]

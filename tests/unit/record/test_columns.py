"""Records and columns turn into each other without loss."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.record.attributes import attributes_from_json, attributes_to_json
from logmesh.record.columns import ColumnsBuilder, OriginKey, columns_from_records, records_from_columns
from logmesh.record.json_text import dump_json
from logmesh.record.values import json_value, set_value, set_values
from logmesh.v1.record_pb2 import LogColumns, LogRecord

OBSERVED = 1_700_000_000_000_000_000

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
    | st.integers()
    | st.binary(max_size=9)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
structs = st.dictionaries(texts, values, max_size=4)


def _ids(width: int) -> st.SearchStrategy[bytes]:
    return st.just(b"") | st.binary(min_size=width, max_size=width).filter(any)


@st.composite
def log_records(draw: st.DrawFn) -> LogRecord:
    record = LogRecord(
        time_unix_nano=draw(st.integers(2, 2**64 - 2)),
        observed_time_unix_nano=draw(st.sampled_from([0, 1, 2**64 - 1])),
        event_name=draw(texts),
        flags=draw(st.sampled_from([0, 1, 2**32 - 1])),
        dropped_attributes_count=draw(st.sampled_from([0, 0, 7])),
        severity_number=draw(st.integers(0, 24)),  # type: ignore[arg-type]
        severity_text=draw(texts),
        body=draw(texts),
        trace_id=draw(_ids(16)),
        span_id=draw(_ids(8)),
    )
    if fields := draw(structs):
        set_values(record.attributes, fields)
    if service := draw(texts):
        record.resource.service_name = service
        record.resource.service_instance_id = draw(texts)
        set_values(record.resource.attributes, draw(structs))
    if scope := draw(texts):
        record.scope.name = scope
        record.scope.version = draw(texts)
        set_values(record.scope.attributes, draw(structs))
        record.scope.schema_url, record.resource.schema_url = draw(texts), draw(texts)
        record.scope.dropped_attributes_count = record.resource.dropped_attributes_count = draw(st.integers(0, 2))
    if draw(st.booleans()):
        set_value(record.structured_body, draw(values.filter(lambda value: not isinstance(value, str))))
        record.body = dump_json(json_value(record.structured_body)).decode()
    return record


@settings(max_examples=60)
@given(st.lists(log_records(), min_size=1, max_size=4))
def test_records_come_back_from_columns_as_they_were(records: list[LogRecord]) -> None:
    columns = columns_from_records(records, OBSERVED)
    again = records_from_columns(LogColumns.FromString(columns.SerializeToString()))
    for record in [*records, *again]:
        for part in ("resource", "scope"):  # one that says nothing is the same as none
            if not getattr(record, part).ByteSize():
                record.ClearField(part)
    assert again == records
    assert columns_from_records(again, OBSERVED) == columns


def test_a_record_of_unknown_time_gets_the_time_it_was_read_at() -> None:
    own, batch = LogRecord(observed_time_unix_nano=5), LogRecord()
    records = records_from_columns(columns_from_records([own, batch], 9))
    assert [record.time_unix_nano for record in records] == [5, 9]


def test_ids_are_given_on_the_way_out() -> None:
    columns = columns_from_records([LogRecord(body="a", id="ignored"), LogRecord(body="b")], OBSERVED)
    assert [record.id for record in records_from_columns(columns, ids=["1-1", "1-2"])] == ["1-1", "1-2"]
    with pytest.raises(ValueError, match="1 ids for 2 records"):
        records_from_columns(columns, ids=["1-1"])


def test_columns_that_say_nothing_are_left_out() -> None:
    builder = ColumnsBuilder()
    builder.append(b"one")
    builder.append(b"two")
    columns = builder.build(OBSERVED)
    left_out = {
        "observed_times_unix_nano",
        "structured_bodies",
        "event_names",
        "flags",
        "severity_numbers",
        "severity_texts",
        "attributes",
        "trace_ids",
        "span_ids",
        "origin_indexes",
    }
    assert not left_out & {field.name for field, _ in columns.ListFields()}
    assert list(columns.bodies) == [b"one", b"two"]


def test_origins_are_stored_once() -> None:
    builder = ColumnsBuilder()
    cart, shop = OriginKey(b"cart", b"cart-0"), OriginKey(b"shop", b"shop-0")
    for origins in ([cart, shop, cart], [shop, shop, cart]):
        builder.extend([1] * 3, [9] * 3, [b""] * 3, [b"x"] * 3, [b""] * 3, [b""] * 3, [b""] * 3, origins)
    columns = builder.build(OBSERVED)
    assert [origin.service_name for origin in columns.origins] == [b"cart", b"shop"]
    assert list(columns.origin_indexes) == [0, 1, 0, 1, 1, 0]


def test_the_size_is_a_close_upper_estimate() -> None:
    builder = ColumnsBuilder()
    for number in range(200):
        builder.append(
            b"x" * number, time_unix_nano=1, severity=9, attributes=b'{"a":1}', trace_id=b"t" * 16, span_id=b"s" * 8
        )
    actual = builder.build(OBSERVED).ByteSize()
    assert actual <= builder.size <= 1.25 * actual


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        ColumnsBuilder().extend([1, 2], [9], [b""], [b"x"], [b""], [b""], [b""], [OriginKey()])
    columns = columns_from_records([LogRecord(body="a")], OBSERVED)
    columns.severity_numbers = b"\x01\x02"
    with pytest.raises(ValueError, match="severity_numbers"):
        records_from_columns(columns)


def test_two_wrong_ids_that_add_up_are_still_refused() -> None:
    builder = ColumnsBuilder()
    builder.append(b"a", trace_id=b"x" * 15)
    builder.append(b"b", trace_id=b"x" * 17)
    with pytest.raises(ValueError, match="16 bytes"):
        builder.build(OBSERVED)


@pytest.mark.parametrize(
    "record",
    [LogRecord(trace_id=b"short"), LogRecord(span_id=b"short"), LogRecord(severity_number=25)],  # type: ignore[arg-type]
)
def test_a_faulty_record_is_named(record: LogRecord) -> None:
    with pytest.raises(ValueError, match="record 1: "):
        columns_from_records([LogRecord(), record], OBSERVED)


def test_invalid_utf8_costs_its_characters_and_not_the_batch() -> None:
    builder = ColumnsBuilder()
    builder.append(b"caf\xff")
    builder.append(b"good")
    assert [record.body for record in records_from_columns(builder.build(OBSERVED))] == ["caf\ufffd", "good"]


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\\u0000"}',
        b'{"a":' + b"9" * 400 + b"}",
    ],
)
def test_odd_json_is_taken_and_can_be_sent(text: bytes) -> None:
    record = LogRecord()
    attributes_from_json(text, record.attributes)
    assert LogRecord.FromString(record.SerializeToString()) == record


def test_deep_values_are_kept_as_text_so_that_parsers_take_the_record() -> None:
    record = LogRecord()
    attributes_from_json(b'{"a":' * 90 + b"1" + b"}" * 90, record.attributes)
    assert LogRecord.FromString(record.SerializeToString()) == record
    assert b'\\"a\\"' in attributes_to_json(record.attributes)


@pytest.mark.parametrize("text", [b"[1]", b"{", b"1", b"\xff", b'{"a":' * 100_000, b'{"a":1e400000}', b'{"a":NaN}'])
def test_text_that_is_not_an_object_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        attributes_from_json(text, LogRecord().attributes)

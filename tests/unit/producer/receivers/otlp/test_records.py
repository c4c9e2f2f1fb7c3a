"""What an OTLP request says comes out of the columns again, whatever it is."""

import contextlib
import gc
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2

from logmesh.producer.receivers.cutting import columns_of
from logmesh.producer.receivers.otlp.records import read_request
from logmesh.producer.receivers.received import RequestRefused
from logmesh.record.columns import records_from_columns
from logmesh.v1.record_pb2 import AnyValue, LogRecord

NOW = 1_764_590_000_000_000_000
texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=200)
values = st.recursive(
    st.one_of(
        st.builds(common_pb2.AnyValue, string_value=texts),
        st.builds(common_pb2.AnyValue, bool_value=st.booleans()),
        st.builds(common_pb2.AnyValue, int_value=st.integers(-(1 << 63), (1 << 63) - 1)),
        st.builds(
            common_pb2.AnyValue, double_value=st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
        ),
        st.builds(common_pb2.AnyValue, bytes_value=st.binary(max_size=20)),
    ),
    lambda inner: st.builds(
        common_pb2.AnyValue, array_value=st.builds(common_pb2.ArrayValue, values=st.lists(inner, max_size=3))
    ),
    max_leaves=4,
)
attributes = st.dictionaries(texts, values, max_size=4).map(
    lambda members: [common_pb2.KeyValue(key=key, value=value) for key, value in members.items()]
)
records = st.builds(
    logs_pb2.LogRecord,
    time_unix_nano=st.integers(1, 1 << 62),
    observed_time_unix_nano=st.integers(0, 1 << 62),
    severity_number=st.integers(0, 24),
    severity_text=st.text("abcXYZ", max_size=8),
    body=values,
    attributes=attributes,
    dropped_attributes_count=st.integers(0, 1 << 31),
    flags=st.integers(0, 255),
    trace_id=st.sampled_from([b"", bytes(range(1, 17))]),
    span_id=st.sampled_from([b"", bytes(range(1, 9))]),
    event_name=st.text("ab.", max_size=10),
)


def request_of(*of_scope: logs_pb2.LogRecord) -> ExportLogsServiceRequest:
    """A request with these records of one resource and scope."""
    request = ExportLogsServiceRequest()
    of_resource = request.resource_logs.add(schema_url="https://opentelemetry.io/schemas/1.30.0")
    for key, value in (("service.name", "shop"), ("service.instance.id", "pod-1"), ("host.name", "node-1")):
        of_resource.resource.attributes.add(key=key).value.string_value = value
    of_resource.resource.dropped_attributes_count = 2
    scope = of_resource.scope_logs.add()
    scope.scope.name, scope.scope.version = "app.orders", "1.2"
    scope.scope.attributes.add(key="k").value.int_value = 1
    scope.log_records.extend(of_scope)
    return request


@given(st.lists(records, min_size=1, max_size=5))
def test_a_request_round_trips(sent: list[logs_pb2.LogRecord]) -> None:
    received = read_request(request_of(*sent).SerializeToString())
    assert received.refused == [] and received.told_apart
    stored = records_from_columns(columns_of(received.chunk, NOW))
    for record, back in zip(sent, stored, strict=True):
        assert back.time_unix_nano == record.time_unix_nano
        assert int(back.severity_number) == int(record.severity_number) and back.severity_text == record.severity_text
        assert (back.trace_id, back.span_id) == (record.trace_id, record.span_id)
        assert back.event_name == record.event_name and back.flags == record.flags
        assert back.dropped_attributes_count == record.dropped_attributes_count
        if record.observed_time_unix_nano != record.time_unix_nano:
            assert back.observed_time_unix_nano == record.observed_time_unix_nano
        sent_attributes = {one.key: AnyValue.FromString(one.value.SerializeToString()) for one in record.attributes}
        assert dict(back.attributes) == sent_attributes
        assert body_of(back) == AnyValue.FromString(record.body.SerializeToString())
        assert back.resource.service_name == "shop" and back.resource.service_instance_id == "pod-1"
        assert back.resource.attributes["host.name"].string_value == "node-1"
        assert back.resource.dropped_attributes_count == 2
        assert back.resource.schema_url == "https://opentelemetry.io/schemas/1.30.0"
        assert (back.scope.name, back.scope.version) == ("app.orders", "1.2")
        assert back.scope.attributes["k"].int_value == 1


def body_of(record: LogRecord) -> AnyValue:
    """A record's body as a value."""
    return record.structured_body if record.HasField("structured_body") else AnyValue(string_value=record.body)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(raw: bytes) -> None:
    with contextlib.suppress(RequestRefused):
        read_request(raw)


def test_bytes_that_are_no_utf_8_cost_themselves() -> None:
    raw = request_of(
        logs_pb2.LogRecord(time_unix_nano=NOW, body=common_pb2.AnyValue(string_value="caf@"))
    ).SerializeToString()
    received = read_request(raw.replace(b"caf@", b"caf\xe9").replace(b"node-1", b"node\xff1"))
    assert received.chunk.bodies == [b"caf\xe9"]
    assert received.chunk.origins[0].resource_attributes == '{"host.name":"node�1"}'.encode()


def test_a_record_that_cannot_be_stored_is_named_and_the_others_are_taken() -> None:
    good = logs_pb2.LogRecord(time_unix_nano=NOW)
    bad = logs_pb2.LogRecord(time_unix_nano=NOW)
    bad.severity_number = 25  # type: ignore[assignment]
    many = logs_pb2.LogRecord(attributes=[common_pb2.KeyValue(key=f"k{at}") for at in range(129)])
    received = read_request(request_of(good, bad, many).SerializeToString())
    assert [place for place, _ in received.refused] == [1, 2] and len(received.chunk) == 1


def test_a_record_that_says_its_severity_by_a_name_has_the_name_s_number() -> None:
    said = [("error", 0), ("WARN", 0), ("error", 9), ("grave", 0), ("", 0), ("", 17)]
    sent = [logs_pb2.LogRecord(severity_text=text, severity_number=number) for text, number in said]  # type: ignore[arg-type]
    chunk = read_request(request_of(*sent).SerializeToString()).chunk
    assert chunk.severities == [17, 13, 9, 0, 0, 17]
    assert chunk.severity_texts == [text.encode() for text, _ in said]


def test_a_record_without_any_time_makes_the_request_one_that_cannot_be_told_apart() -> None:
    received = read_request(
        request_of(logs_pb2.LogRecord(time_unix_nano=NOW), logs_pb2.LogRecord()).SerializeToString()
    )
    assert not received.told_apart
    observed = read_request(request_of(logs_pb2.LogRecord(observed_time_unix_nano=NOW)).SerializeToString())
    assert observed.told_apart and observed.chunk.times == [NOW]


@pytest.mark.parametrize("name", ["service.name", "service.instance.id"])
def test_a_name_that_is_no_short_text_stays_an_attribute(name: str) -> None:
    request = ExportLogsServiceRequest()
    of_resource = request.resource_logs.add()
    of_resource.resource.attributes.add(key=name).value.string_value = "x" * 256
    of_resource.scope_logs.add().log_records.add(time_unix_nano=NOW)
    (origin,) = read_request(request.SerializeToString()).chunk.origins
    assert origin.service_name == origin.service_instance_id == b"" and b"x" * 256 in origin.resource_attributes


def test_records_that_are_too_large_are_refused_by_themselves() -> None:
    request = ExportLogsServiceRequest()
    for resource, attribute in ((10, 10), (200_000, 10), (10, 70_000), (20, 20)):
        of_resource = request.resource_logs.add()
        of_resource.resource.attributes.add(key="r").value.string_value = "r" * resource
        record = of_resource.scope_logs.add().log_records.add(time_unix_nano=NOW)
        record.body.string_value = f"{resource} {attribute}"
        record.attributes.add(key="a").value.string_value = "a" * attribute
    received = read_request(request.SerializeToString())
    assert received.chunk.bodies == [b"10 10", b"20 20"]
    assert [(place, reason.partition(",")[0]) for place, reason in received.refused] == [
        (1, "its resource and scope have more than 131072 bytes"),
        (2, "attributes of 70008 bytes"),
    ]


@pytest.mark.parametrize("large", ["resource", "name"])
def test_what_is_remembered_of_requests_is_little_however_large_they_are(large: str) -> None:
    tracemalloc.start()
    try:
        for number in range(200):
            request = ExportLogsServiceRequest()
            of_resource = request.resource_logs.add()
            text = f"{number}" + "x" * 60_000
            of_resource.resource.attributes.add(key="r").value.string_value = text if large == "resource" else ""
            record = of_resource.scope_logs.add().log_records.add(time_unix_nano=NOW)
            record.attributes.add(key=text if large == "name" else "a").value.int_value = number
            assert len(read_request(request.SerializeToString()).chunk) == 1
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("empty", [b"\x0a\x00", b"\x12\x00"], ids=["resources", "scopes"])
def test_more_than_a_request_may_hold_is_refused_without_a_look_at_each(empty: bytes) -> None:
    many = empty * 1_000_000
    raw = many if empty[0] == 0x0A else b"\x0a" + _varint(len(many)) + many
    began = time.process_time()
    with pytest.raises(RequestRefused, match="more than"):
        read_request(raw)
    assert time.process_time() - began < 1


def _varint(number: int) -> bytes:
    text = bytearray()
    while number > 0x7F:
        text.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*text, number])

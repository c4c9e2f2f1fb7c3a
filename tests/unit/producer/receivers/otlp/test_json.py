"""OTLP's JSON says the same as its protobuf."""

import contextlib

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1 import logs_pb2
from tests.unit.producer.receivers.otlp.test_records import records, request_of

from logmesh.producer.receivers.otlp.json import from_json
from logmesh.producer.receivers.received import RequestRefused


@given(st.lists(records, min_size=1, max_size=3))
def test_json_is_what_protobuf_is(sent: list[logs_pb2.LogRecord]) -> None:
    request = request_of(*sent)
    as_json = MessageToDict(request, use_integers_for_enums=True)
    for record, one in zip(sent, as_json["resourceLogs"][0]["scopeLogs"][0]["logRecords"], strict=True):
        one |= {"traceId": record.trace_id.hex(), "spanId": record.span_id.hex(), "notKnown": 1}
    assert ExportLogsServiceRequest.FromString(from_json(orjson.dumps(as_json))) == request


_NAMES = ["resourceLogs", "scopeLogs", "logRecords", "traceId", "body", "attributes", "timeUnixNano"]
anythings = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_NAMES), inner),
)


@given(anythings)
def test_any_json_is_a_request_or_refused(anything: object) -> None:
    with contextlib.suppress(RequestRefused):
        from_json(orjson.dumps(anything))


BAD_ID = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"xy"}]}]}]}'


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"resourceLogs":1}', BAD_ID])
def test_what_is_no_request_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(RequestRefused, match="not an ExportLogsServiceRequest in JSON"):
        from_json(body)

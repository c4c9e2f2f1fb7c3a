"""A batch as an OTLP request."""

import numpy as np
import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from logmesh.v1.record_pb2 import LogColumns

_LEVELS = {5: "DEBUG", 9: "INFO", 13: "WARN", 17: "ERROR"}


def otlp_request(columns: LogColumns) -> bytes:
    """The serialised request: a resource for each origin, with the records in their order."""
    request = ExportLogsServiceRequest()
    scopes = []
    for origin in columns.origins:
        resource = request.resource_logs.add()
        resource.resource.attributes.extend(
            [
                _pair("service.name", origin.service_name.decode()),
                _pair("service.instance.id", origin.service_instance_id.decode()),
                *_pairs(origin.resource_attributes),
            ]
        )
        scopes.append(resource.scope_logs.add())
    times = np.frombuffer(columns.times_unix_nano, "<u8").tolist()
    trace_ids, span_ids = columns.trace_ids, columns.span_ids
    rows = zip(times, columns.bodies, columns.attributes, columns.origin_indexes, columns.severity_numbers, strict=True)
    for row, (time, body, attributes, origin_index, severity) in enumerate(rows):
        record = scopes[origin_index].log_records.add(
            time_unix_nano=time, severity_number=severity, severity_text=_LEVELS[severity]
        )
        record.body.string_value = body.decode()
        record.attributes.extend(_pairs(attributes))
        trace = trace_ids[16 * row : 16 * row + 16]
        if any(trace):
            record.trace_id, record.span_id = trace, span_ids[8 * row : 8 * row + 8]
    return request.SerializeToString()


def _pairs(attributes: bytes) -> list[KeyValue]:
    return [_pair(key, value) for key, value in orjson.loads(attributes).items()]


def _pair(key: str, value: str | int) -> KeyValue:
    return KeyValue(
        key=key, value=AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value)
    )

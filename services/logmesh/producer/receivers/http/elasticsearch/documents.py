"""Makes a record of a document: `message` is its body, `@timestamp` its time; level, trace and the rest as of a line in JSON.

Names are those of the Elastic Common Schema, nested or with dots, and what Fluent Bit, Vector and Logstash call the same.
"""

from typing import Any, Final, NamedTuple

from logmesh.producer.attributes import OMITTED, attributes_of
from logmesh.producer.level_fields import take_level
from logmesh.producer.receivers.http.elasticsearch.resources import source_of, take_resource
from logmesh.producer.receivers.http.texts import Outer
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.fields import take_time, time_of_value
from logmesh.producer.trace_fields import take_trace
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import dump_json

_TIME: Final = "@timestamp"
# The first that is a text is the record's body.
_MESSAGES: Final = ("message", "log", "msg", "body")


class Document(NamedTuple):
    """What a document says: a logger's message, which may be empty; a body to be kept instead of it, empty for none; the rest of what
    it says; and whose it is."""

    message: bytes
    body: bytes
    outer: Outer
    origin: OriginKey


def read_document(fields: dict[str, Any], written: bytes, index: str, clock: Clock) -> Document:
    """What a document says that was sent to `index`; `written` is its JSON, and the record's body where it has no message, or more
    fields than a record or a resource may. The fields that are used leave `fields`.
    """
    resource = take_resource(fields)
    time = time_of_value(fields.get(_TIME), clock)
    if time:
        del fields[_TIME]
    else:
        time = take_time(fields, clock)
    log = fields.pop("log") if isinstance(fields.get("log"), dict) else {}
    severity, severity_text = take_level(log) if "level" in log else (0, b"")
    if not severity:
        severity, severity_text = take_level(fields)
    trace_id, span_id = take_trace(fields)
    message = _take_message(fields)
    if log:
        fields["log"] = log
    attributes = attributes_of(fields, len(written) - len(message))
    source = source_of(dump_json(resource, sort=True) if resource else b"{}", index)
    body = b"" if message and attributes != OMITTED and source.is_whole else written
    if attributes == OMITTED:
        fields = {}
    return Document(
        message, body, Outer(time, severity, severity_text, trace_id, span_id, fields, attributes), source.origin
    )


def _take_message(fields: dict[str, Any]) -> bytes:
    for name in _MESSAGES:
        value = fields.get(name)
        if value.__class__ is str and value:
            del fields[name]
            return value.encode("utf-8", "replace")
    return b""

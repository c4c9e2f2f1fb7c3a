"""What few origins say beside the rest: attributes of the scope, where attributes are described, how many were left out.

In the store they are one JSON object, null for an origin that says nothing of it.
"""

from typing import Any, Final, NamedTuple

from logmesh.record.attributes import attributes_to_json
from logmesh.record.entry import clean_text, stored_object
from logmesh.record.json_text import dump_json, load_exact_json
from logmesh.record.limits import MAX_NAME_BYTES
from logmesh.record.values import set_values
from logmesh.v1.record_pb2 import LogRecord, Origin

_SCOPE: Final = "scope"
_RESOURCE_URL: Final = "resource_schema_url"
_SCOPE_URL: Final = "scope_schema_url"
_RESOURCE_DROPPED: Final = "resource_dropped"
_SCOPE_DROPPED: Final = "scope_dropped"


class OriginMore(NamedTuple):
    """Of one origin; `scope_attributes` are the text of a JSON object."""

    scope_attributes: bytes = b""
    resource_schema_url: bytes = b""
    scope_schema_url: bytes = b""
    resource_dropped_attributes_count: int = 0
    scope_dropped_attributes_count: int = 0


def more_of(record: LogRecord) -> OriginMore | None:
    """What a record's resource and scope say; None for nothing."""
    more = OriginMore(
        attributes_to_json(record.scope.attributes),
        record.resource.schema_url.encode(),
        record.scope.schema_url.encode(),
        record.resource.dropped_attributes_count,
        record.scope.dropped_attributes_count,
    )
    return more if any(more) else None


def more_text(origin: Origin) -> str:
    """The JSON object of what is kept of an origin; empty for nothing."""
    fields: dict[str, Any] = {}
    if origin.scope_attributes:
        fields[_SCOPE] = load_exact_json(stored_object(origin.scope_attributes).encode())
    for name, url in ((_RESOURCE_URL, origin.resource_schema_url), (_SCOPE_URL, origin.scope_schema_url)):
        if text := clean_text(url, MAX_NAME_BYTES):
            fields[name] = text.decode()
    if origin.resource_dropped_attributes_count:
        fields[_RESOURCE_DROPPED] = origin.resource_dropped_attributes_count
    if origin.scope_dropped_attributes_count:
        fields[_SCOPE_DROPPED] = origin.scope_dropped_attributes_count
    return dump_json(fields).decode() if fields else ""


def read_more(text: str, record: LogRecord) -> None:
    """Puts what `more_text` wrote into a record."""
    if not text:
        return
    fields = load_exact_json(text.encode())
    set_values(record.scope.attributes, fields.get(_SCOPE, {}))
    record.resource.schema_url = fields.get(_RESOURCE_URL, "")
    record.scope.schema_url = fields.get(_SCOPE_URL, "")
    record.resource.dropped_attributes_count = fields.get(_RESOURCE_DROPPED, 0)
    record.scope.dropped_attributes_count = fields.get(_SCOPE_DROPPED, 0)

"""Resources and scopes of OTLP as origins: each is made once, and known by its bytes from then on."""

from functools import lru_cache
from typing import Final

from logmesh.producer.receivers.otlp.messages import KeyValue, Resource, Scope
from logmesh.producer.receivers.otlp.values import members_of
from logmesh.record.columns import OriginKey, origin_size
from logmesh.record.json_text import dump_json
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES, MAX_NAME_BYTES
from logmesh.record.origin_more import OriginMore

_SERVICE: Final = "service.name"
_INSTANCE: Final = "service.instance.id"


MOST_ORIGIN_BYTES: Final = 2 * MAX_ATTRIBUTES_BYTES
"""Of a resource and a scope, as they come and as they are kept."""
_MOST_REMEMBERED_BYTES: Final = 8 << 10
"""Of a resource and a scope. Thousands are remembered, and senders must not decide how much memory that takes."""


def origin_of(resource: bytes, resource_url: bytes, scope: bytes, scope_url: bytes) -> OriginKey | None:
    """The origin of records of this serialised resource and scope; None where these are too large. Raises DecodeError."""
    size = len(resource) + len(resource_url) + len(scope) + len(scope_url)
    if size <= _MOST_REMEMBERED_BYTES:
        return _remembered(resource, resource_url, scope, scope_url)
    if size > MOST_ORIGIN_BYTES:
        return None
    origin = _read(resource, resource_url, scope, scope_url)
    return origin if origin_size(origin) <= MOST_ORIGIN_BYTES else None


def _read(resource: bytes, resource_url: bytes, scope: bytes, scope_url: bytes) -> OriginKey:
    of_resource, of_scope = Resource.FromString(resource), Scope.FromString(scope)
    attributes = members_of(map(KeyValue.FromString, of_resource.attributes))
    service, instance = (_name(attributes, name) for name in (_SERVICE, _INSTANCE))
    scope_attributes = members_of(of_scope.attributes)
    more = OriginMore(
        dump_json(scope_attributes, sort=True) if scope_attributes else b"",
        resource_url,
        scope_url,
        of_resource.dropped_attributes_count,
        of_scope.dropped_attributes_count,
    )
    return OriginKey(
        service,
        instance,
        dump_json(attributes, sort=True) if attributes else b"",
        of_scope.name,
        of_scope.version,
        more if any(more) else None,
    )


_remembered: Final = lru_cache(4_096)(_read)


def _name(attributes: "dict[str, object]", name: str) -> bytes:
    """Take a name out of the attributes; what is no short text stays there."""
    value = attributes.get(name)
    if not isinstance(value, str) or not value or len(raw := value.encode()) > MAX_NAME_BYTES:
        return b""
    del attributes[name]
    return raw

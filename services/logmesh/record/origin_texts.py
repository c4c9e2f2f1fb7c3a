"""What produced a record, as it is stored: valid texts, none too long, attributes as JSON objects."""

from typing import NamedTuple

from logmesh.record.entry import clean_text, stored_object
from logmesh.record.limits import MAX_NAME_BYTES
from logmesh.record.origin_more import more_text
from logmesh.v1.record_pb2 import Origin


class OriginTexts(NamedTuple):
    """An origin's fields. `resource` is a JSON object; so is `extra`, which is empty where there is nothing more (`origin_more`)."""

    service: str
    instance: str
    resource: str
    scope_name: str
    scope_version: str
    extra: str


def origin_texts(origin: Origin) -> OriginTexts:
    """The texts of an origin as it came."""
    return OriginTexts(
        service_of(origin).decode(),
        clean_text(origin.service_instance_id, MAX_NAME_BYTES).decode(),
        stored_object(origin.resource_attributes),
        clean_text(origin.scope_name, MAX_NAME_BYTES).decode(),
        clean_text(origin.scope_version, MAX_NAME_BYTES).decode(),
        more_text(origin),
    )


def service_of(origin: Origin) -> bytes:
    """The service's name as it is stored, never empty."""
    return clean_text(origin.service_name, MAX_NAME_BYTES) or b"unknown_service"

"""A chunk as the conditions of rules look at it: what one rule has had made of its columns is there for the next."""

from functools import cached_property, lru_cache
from typing import Any, Final

from logmesh.producer.sources import Chunk
from logmesh.record.attributes import attributes_from_json
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import load_exact_json
from logmesh.record.origin_texts import service_of
from logmesh.record.values import Values
from logmesh.v1.record_pb2 import LogRecord, Origin

_SEPARATOR: Final = b"\0"
"""Between bodies that are joined: no filter can have it."""
_ORIGINS_KEPT: Final = 1_024


class View:
    """Columns of a chunk in the forms that a store will have, each made when it is first asked for. The chunk must not change."""

    def __init__(self, chunk: Chunk, now_unix_nano: int, tenant: str = "") -> None:
        self.chunk = chunk
        self.tenant = tenant
        """Whose records they are."""
        self.now_unix_nano = now_unix_nano
        """The time that records without one are taken to have."""
        self._values: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self.chunk)

    @cached_property
    def bodies(self) -> list[bytes]:
        """UTF-8 without NUL; what is none is written `\\xNN`, as the store has it."""
        if _is_clean(_SEPARATOR.join(self.chunk.bodies), len(self.chunk)):
            return self.chunk.bodies
        return [_stored(body) for body in self.chunk.bodies]

    @cached_property
    def joined_bodies(self) -> bytes:
        """The same as one text, with a NUL between two."""
        return _SEPARATOR.join(self.bodies)

    @cached_property
    def folded_bodies(self) -> list[bytes]:
        """The same with ASCII's letters in lower case."""
        if self.bodies is self.chunk.bodies:
            return self.joined_bodies.lower().split(_SEPARATOR)
        return [body.lower() for body in self.bodies]

    @cached_property
    def times(self) -> list[int]:
        """In nanoseconds since 1970 UTC, none of them unknown."""
        now = self.now_unix_nano
        return [time or now for time in self.chunk.times]

    @cached_property
    def origins(self) -> dict[int, OriginKey]:
        """The origins that there are, by their `id`."""
        return {id(origin): origin for origin in self.chunk.origins}

    def values(self, place: int) -> dict[str, Any]:
        """The attributes of one record as JSON's values; none where they are no JSON object that the store takes."""
        found = self._values.get(place)
        if found is None:
            found = self._values[place] = _object(self.chunk.attributes[place])
        return found


@lru_cache(maxsize=_ORIGINS_KEPT)
def record_of(origin: OriginKey) -> LogRecord:
    """A record that has nothing but this origin's resource, as the store will have it. It must not be changed."""
    record = LogRecord()
    record.resource.service_name = service_of(Origin(service_name=origin.service_name)).decode()
    record.resource.service_instance_id = origin.service_instance_id.decode("utf-8", "ignore").replace("\0", "")
    _add(origin.resource_attributes, record.resource.attributes)
    return record


def _add(text: bytes, into: Values) -> None:
    try:
        attributes_from_json(text, into)
    except ValueError:
        into.clear()


def _object(text: bytes) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = load_exact_json(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_clean(joined: bytes, count: int) -> bool:
    if joined.count(_SEPARATOR) != max(0, count - 1):
        return False
    if joined.isascii():
        return True
    try:
        joined.decode()
    except UnicodeDecodeError:
        return False
    return True


def _stored(body: bytes) -> bytes:
    return body.decode("utf-8", "backslashreplace").replace("\0", "\\x00").encode()

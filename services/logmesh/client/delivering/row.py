"""A record as it goes into a batch's columns: text is bytes, ids are bytes, what produced it is a key."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import index
from typing import Any, Final, NamedTuple

from logmesh.client.moments import to_unix_nano
from logmesh.client.record import Record
from logmesh.record.columns import ColumnsBuilder, OriginKey
from logmesh.record.entry import clean_text
from logmesh.record.json_text import dump_json
from logmesh.record.limits import (
    MAX_ATTRIBUTES,
    MAX_ATTRIBUTES_BYTES,
    MAX_BODY_BYTES,
    MAX_NAME_BYTES,
    MAX_SEVERITY_TEXT_BYTES,
)
from logmesh.record.rare import NOTHING_RARE, Rare, add_rare
from logmesh.record.severity import severity_number
from logmesh.record.values import json_bytes, json_double
from logmesh.v1.record_pb2 import LogColumns

_MAX_DEPTH: Final = 16
_MOST_DIGITS: Final = 4_000
_MOST_BITS: Final = 13_287
"""Of as many digits. Python does not write longer ints."""
MAX_UNIX_NANO: Final = (1 << 63) - 1
"""The latest time that the database keeps, of the year 2262."""


class Row(NamedTuple):
    """One entry of every column; see `ColumnsBuilder.extend` and, for what few records say, `record.rare`."""

    time_unix_nano: int
    severity: int
    severity_text: bytes
    body: bytes
    attributes: bytes
    trace_id: bytes
    span_id: bytes
    origin: OriginKey
    rare: Rare = NOTHING_RARE
    own_resource_bytes: int = 0
    """Of a resource that this record names itself, which no other one may share."""

    @property
    def size(self) -> int:
        """About how many bytes it takes in a batch."""
        return 46 + len(self.body) + len(self.attributes) + self.own_resource_bytes


def columns_of(rows: Sequence[Row], observed_unix_nano: int) -> LogColumns:
    """The columns of rows, in their order; at least one row."""
    builder = ColumnsBuilder()
    *usual, rare, _ = (list(column) for column in zip(*rows, strict=True))
    builder.extend(*usual)
    columns = builder.build(observed_unix_nano)
    add_rare(columns, rare)
    return columns


def origin_of(
    service: str, instance: str, resource: Mapping[str, Any], scope: str = "", default: OriginKey | None = None
) -> OriginKey:
    """What produced a record; what is empty is taken from `default`. A scope is cut, as processors cut it.

    Raises ValueError for a name or a resource that is too long.
    """
    default = default or OriginKey()
    key = OriginKey(
        service_name=service.encode() or default.service_name,
        service_instance_id=instance.encode() or default.service_instance_id,
        resource_attributes=attributes_text(resource) or default.resource_attributes,
        scope_name=scope_bytes(scope),
    )
    for name, text in (("service", key.service_name), ("instance", key.service_instance_id)):
        if len(text) > MAX_NAME_BYTES:
            raise ValueError(f"{name} has {len(text)} bytes, and {MAX_NAME_BYTES} is the most")
    if len(key.resource_attributes) > MAX_ATTRIBUTES_BYTES:
        size = len(key.resource_attributes)
        raise ValueError(f"the resource has {size} bytes, and {MAX_ATTRIBUTES_BYTES} is the most")
    return key


def scope_bytes(name: str) -> bytes:
    """A scope's name as it is stored."""
    return clean_text(text_bytes(name), MAX_NAME_BYTES)


def row_of(record: Record, default: OriginKey, now_unix_nano: int) -> Row:
    """The row of a record. Raises ValueError for what no processor would store: it says what and why. Raises TypeError for a number
    that is no int."""
    given = record.body if record.structured_body is None else record.structured_body
    structured = not isinstance(given, str)
    body = dump_json(plain_value(given)) if structured else text_bytes(given)
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"the body has {len(body)} bytes, and {MAX_BODY_BYTES} is the most")
    attributes = attributes_text(record.attributes)
    if len(attributes) > MAX_ATTRIBUTES_BYTES or len(record.attributes) > MAX_ATTRIBUTES:
        raise ValueError(f"more than {MAX_ATTRIBUTES} attributes, or more than {MAX_ATTRIBUTES_BYTES} bytes of them")
    severity_text = text_bytes(record.severity)
    if len(severity_text) > MAX_SEVERITY_TEXT_BYTES:
        raise ValueError(f"severity has {len(severity_text)} bytes, and {MAX_SEVERITY_TEXT_BYTES} is the most")
    number = index(record.severity_number or severity_number(record.severity))
    if not 0 <= number <= 24:
        raise ValueError(f"severity_number is {number}, not 0 to 24")
    time_unix_nano = index(record.unix_nano() or now_unix_nano)
    observed = index(to_unix_nano(record.observed_time)) if record.observed_time else 0
    for name, unix_nano in (("time", time_unix_nano), ("observed time", observed)):
        if not 0 <= unix_nano <= MAX_UNIX_NANO:
            raise ValueError(f"the {name} {unix_nano} is not between 1970 and 2262")
    if not 0 <= index(record.flags) < 1 << 32:
        raise ValueError(f"flags are {record.flags}, and have 32 bits")
    event = text_bytes(record.event_name)
    if len(event) > MAX_NAME_BYTES:
        raise ValueError(f"event_name has {len(event)} bytes, and {MAX_NAME_BYTES} is the most")
    origin = default
    if record.service or record.instance or record.resource or record.scope:
        origin = origin_of(record.service, record.instance, record.resource, record.scope, default)
    return Row(
        time_unix_nano, number, severity_text, body, attributes,
        _id(record.trace_id, "trace_id", 16), _id(record.span_id, "span_id", 8), origin,
        Rare(observed if observed != time_unix_nano else 0, structured, event, record.flags),
        len(origin.resource_attributes) if record.resource else 0,
    )  # fmt: skip


def attributes_text(attributes: Mapping[str, Any]) -> bytes:
    """The JSON object of any mapping, no bytes for an empty one. What JSON can't say is its text. It never raises."""
    return dump_json({text_of(key): plain_value(value) for key, value in attributes.items()}) if attributes else b""


def plain_value(value: Any, depth: int = 0) -> Any:
    """The value as `dump_json` writes it, see `record.values`: whatever is no number, text, bytes, list or mapping becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, int):
        return int(value) if value.bit_length() < _MOST_BITS else text_of(value)
    if isinstance(value, float):
        return json_double(float(value))
    if isinstance(value, Decimal):
        return value if value.is_finite() and -_MOST_DIGITS < value.adjusted() < _MOST_DIGITS else text_of(value)
    if isinstance(value, bytes | bytearray):
        return json_bytes(bytes(value))
    if depth < _MAX_DEPTH:
        if isinstance(value, Mapping):
            return {text_of(key): plain_value(member, depth + 1) for key, member in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [plain_value(member, depth + 1) for member in value]
    return text_of(value)


def text_of(value: object) -> str:
    """Text that JSON and the database take: no NUL, no lone surrogates; of an object whose `str` fails, its type."""
    try:
        text = str(value)
    except Exception:  # noqa: BLE001  # it is foreign code, and a log must not break on it
        text = f"<{type(value).__name__} that can't be shown>"
    return text.encode("utf-8", "replace").decode().replace("\0", "\\x00")


def text_bytes(text: str) -> bytes:
    """UTF-8; a lone surrogate, which it can't say, becomes `?`."""
    return text.encode("utf-8", "replace")


def _id(text: str, name: str, width: int) -> bytes:
    if not text:
        return b""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != width:
        raise ValueError(f"{name} {text!r} is not {2 * width} hexadecimal digits")
    return raw

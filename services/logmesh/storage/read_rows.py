"""The inverse of `copy_rows`: binary COPY rows back to values. Pure; anything but whole and plausible rows is refused."""

from struct import Struct
from typing import Final, NamedTuple

from logmesh.storage.copy_rows import COLUMNS, POSTGRES_EPOCH_MICROSECONDS

_COUNT: Final = Struct(">h")
_LENGTH: Final = Struct(">i")
_MAX_UNIX_NANO: Final = (1 << 63) - 1
_JSONB_VERSION: Final = b"\1"


class CopyRowsError(ValueError):
    """The bytes are not COPY rows of logs, or are cut short."""


class CopiedRow(NamedTuple):
    """One row. Ids that are null are empty, as are a null severity text, null attributes and a null extra (JSON texts)."""

    trace_id: bytes
    span_id: bytes
    tenant: str
    service: str
    severity_text: str
    original_time_unix_nano: int | None
    extra: str
    unix_nano: int
    position: int
    spool: int
    origin: int
    severity: int
    body: str
    attributes: str


def read_rows(data: bytes) -> list[CopiedRow]:
    """The rows in their order, without header and trailer. Raises CopyRowsError."""
    rows, at = [], 0
    while at < len(data):
        fields, at = _split(data, at)
        rows.append(_row(fields))
    return rows


def _split(data: bytes, at: int) -> tuple[list[bytes | None], int]:
    if data[at : at + 2] != _COUNT.pack(len(COLUMNS)):
        raise CopyRowsError(f"no row begins at byte {at}")
    at += 2
    fields: list[bytes | None] = []
    for _ in COLUMNS:
        if at + 4 > len(data):
            raise CopyRowsError("the last row is cut short")
        (length,) = _LENGTH.unpack_from(data, at)
        at += 4
        if length < 0:
            fields.append(None)
            continue
        if at + length > len(data):
            raise CopyRowsError("the last row is cut short")
        fields.append(data[at : at + length])
        at += length
    return fields, at


def _row(fields: list[bytes | None]) -> CopiedRow:
    (
        trace,
        span,
        tenant,
        service,
        severity_text,
        original,
        extra,
        time,
        position,
        spool,
        origin,
        ns,
        severity,
        body,
        attributes,
    ) = fields
    nanoseconds = _number(ns, 2)
    unix_nano = (_number(time, 8) + POSTGRES_EPOCH_MICROSECONDS) * 1000 + nanoseconds
    row = CopiedRow(
        _id(trace, 16),
        _id(span, 8),
        _text(tenant),
        _text(service),
        "" if severity_text is None else _text(severity_text),
        None if original is None else _number(original, 8),
        "" if extra is None else _json(extra),
        unix_nano,
        _number(position, 8),
        _number(spool, 8),
        _number(origin, 8),
        _number(severity, 2),
        _text(body),
        "" if attributes is None else _json(attributes),
    )
    if not (0 <= unix_nano <= _MAX_UNIX_NANO and 0 <= nanoseconds < 1000 and 0 <= row.severity <= 24):
        raise CopyRowsError("a time or a severity is out of its range")
    if min(row.position, row.spool, row.origin) < 0:
        raise CopyRowsError("a record's identity is negative")
    return row


def _number(field: bytes | None, width: int) -> int:
    if field is None or len(field) != width:
        raise CopyRowsError(f"a number is not {width} bytes wide")
    return int.from_bytes(field, "big", signed=True)


def _id(field: bytes | None, width: int) -> bytes:
    if field is None:
        return b""
    if len(field) != width:
        raise CopyRowsError(f"an id is not {width} bytes wide")
    return field


def _text(field: bytes | None) -> str:
    if field is None:
        raise CopyRowsError("a text is null")
    try:
        return field.decode()
    except UnicodeDecodeError as error:
        raise CopyRowsError("a text is not UTF-8") from error


def _json(field: bytes) -> str:
    if field[:1] != _JSONB_VERSION:
        raise CopyRowsError("attributes are of an unknown version of jsonb")
    return _text(field[1:])

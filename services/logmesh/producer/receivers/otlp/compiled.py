"""Serialised LogRecords as columns, by what reader.c was compiled to when Logmesh was installed."""

from typing import Final

from logmesh.producer.receivers.otlp.attributes import NO_NAME, members
from logmesh.producer.receivers.otlp.columns import Columns
from logmesh.producer.receivers.otlp.values import body_of

try:
    from logmesh.producer.receivers.otlp import reader
except ImportError:  # it was not, for want of a compiler
    reader = None  # type: ignore[assignment]

IS_COMPILED: Final = reader is not None


def read_records(records: list[bytes]) -> Columns | None:
    """The columns of serialised LogRecords; None where protobuf's parser has to read them. Raises DecodeError."""
    columns = None if reader is None else reader.read(records, _member, body_of)
    return None if columns is None else Columns._make(columns)


def _member(attribute: bytes) -> bytes:
    return members[attribute or NO_NAME]

"""What is read of records, and rows of it to LogRecord.

Attributes that have columns are read as these: to write their text takes DuckDB longer than to find one record, and it would be read
again for each. A statement may be over files that have different ones, so it names its own, `m0`, `m1` and so on.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

import pyarrow as pa

from logmesh.lake.attribute_columns import Kind
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.scan import Alike
from logmesh.record.ids import format_record_id
from logmesh.record.origin_more import read_more
from logmesh.record.rare import read_rare
from logmesh.record.values import set_values
from logmesh.rows.records import fill_values
from logmesh.v1.record_pb2 import LogRecord, Resource

_FACE: Final = "time, spool, position, severity, service"
_COLUMNS: Final = (
    "time, spool, position, severity, severity_text, service, instance, trace_id, span_id, resource, scope_name, scope_version,"
    " original_time_unix_nano, extra, origin_extra, body, attributes"
)


Member: TypeAlias = tuple[str, Kind]
"""An attribute's key, and the kind of its values in a column."""
_TYPES: Final[dict[Kind, str]] = {"text": "VARCHAR", "int": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN"}


def members_of(some: Sequence[Alike]) -> list[Member]:
    """The attributes that have a column in any of some files."""
    return list(dict.fromkeys((column.key, column.kind) for one in some for column in one.files[0].columns))


def columns(to: Conditions, members: Sequence[Member]) -> str:
    """What is read of whole records by a branch of a statement that names these members."""
    names = {(of.key, of.kind): of.name for of in to.columns}
    read = (f"{names.get(member, f'NULL::{_TYPES[member[1]]}')} AS m{place}" for place, member in enumerate(members))
    return ", ".join([_COLUMNS, *read])


def face(to: Conditions, characters: int) -> str:
    """What is read of a record whose face alone is wanted, its body cut to some characters: many thousands are held at once."""
    return f"{_FACE}, left(body, {to.bind(characters)}) AS body, NULL::VARCHAR AS attributes"


def rows_of(batch: pa.RecordBatch, members: Sequence[Member]) -> Iterator[dict[str, Any]]:
    """Rows by the names of their columns; `attributes` is a record's text, or where it has none what its columns say."""
    names = batch.schema.names
    keys = {name: key for place, (key, _) in enumerate(members) if (name := f"m{place}") in names}
    for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
        row = dict(zip(names, values, strict=True))
        if row["attributes"] is None:
            row["attributes"] = {key: row[name] for name, key in keys.items() if row[name] is not None}
        yield row


def record_from_columns(row: Mapping[str, Any]) -> LogRecord:
    """The record that a row of whole records holds."""
    record = LogRecord(
        id=format_record_id(row["spool"], row["position"]),
        time_unix_nano=row["time"],
        severity_number=row["severity"],
        severity_text=row["severity_text"] or "",
        body=row["body"],
        original_time_unix_nano=row["original_time_unix_nano"] or 0,
        trace_id=row["trace_id"] or b"",
        span_id=row["span_id"] or b"",
    )
    record.resource.CopyFrom(_resource(row["service"], row["instance"], row["resource"]))
    if row["scope_name"] or row["scope_version"]:
        record.scope.name, record.scope.version = row["scope_name"], row["scope_version"]
    if isinstance(attributes := row["attributes"], dict):
        set_values(record.attributes, attributes)
    else:
        fill_values(record.attributes, attributes)
    if row["extra"]:
        read_rare(row["extra"], record)
    if row["origin_extra"]:
        read_more(row["origin_extra"], record)
    return record


@lru_cache(maxsize=256)
def _resource(service: str, instance: str, text: str) -> Resource:
    """The same for many records. To read its text for each of them would take a fifth of the time to make one. Not to be changed."""
    resource = Resource(service_name=service, service_instance_id=instance)
    fill_values(resource.attributes, text)
    return resource

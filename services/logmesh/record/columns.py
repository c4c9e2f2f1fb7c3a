"""Turns records into columns and columns into records; the one is the tested inverse of the other.

What columns can't say is left out: a record's id and its clamped original time.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from logmesh.record.attributes import attributes_from_json, attributes_to_json
from logmesh.record.origin_more import OriginMore, more_of, more_text, read_more
from logmesh.record.packed import pack_times, unpack_times
from logmesh.record.rare import add_rare, body_and_rare, has_rare, rare_in, rare_text, read_rare
from logmesh.v1.record_pb2 import LogColumns, LogRecord

NO_TRACE: Final = bytes(16)
NO_SPAN: Final = bytes(8)


class OriginKey(NamedTuple):
    """What produced a record: one entry of the dictionary in LogColumns, all of it UTF-8."""

    service_name: bytes = b""
    service_instance_id: bytes = b""
    resource_attributes: bytes = b""
    scope_name: bytes = b""
    scope_version: bytes = b""
    more: OriginMore | None = None


UNKNOWN_ORIGIN: Final = OriginKey()
_ORIGIN_BYTES: Final = 60


def origin_size(origin: OriginKey) -> int:
    """About how many bytes an entry of the dictionary takes, and never many less."""
    more = 0 if origin.more is None else sum(map(len, origin.more[:3]))
    return _ORIGIN_BYTES + sum(map(len, origin[:5])) + more


class ColumnsBuilder:
    """Gathers records as parallel lists and builds LogColumns from them, leaving out columns that say nothing."""

    __slots__ = (
        "_attributes", "_bodies", "_origin_indexes", "_origins", "_severities", "_severity_texts", "_size",
        "_span_ids", "_times", "_trace_ids",
    )  # fmt: skip

    def __init__(self) -> None:
        self._times: list[int] = []
        self._severities: list[int] = []
        self._severity_texts: list[bytes] = []
        self._bodies: list[bytes] = []
        self._attributes: list[bytes] = []
        self._trace_ids: list[bytes] = []
        self._span_ids: list[bytes] = []
        self._origins: dict[OriginKey, int] = {}
        self._origin_indexes: list[int] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self._bodies)

    @property
    def size(self) -> int:
        """About how many bytes the columns take when serialised."""
        return self._size

    def append(
        self,
        body: bytes,
        *,
        time_unix_nano: int = 0,
        severity: int = 0,
        severity_text: bytes = b"",
        attributes: bytes = b"",
        trace_id: bytes = b"",
        span_id: bytes = b"",
        origin: OriginKey = UNKNOWN_ORIGIN,
    ) -> None:
        """Adds one record; see `extend`, which is the quicker way for many."""
        self.extend(
            [time_unix_nano], [severity], [severity_text], [body], [attributes], [trace_id], [span_id], [origin]
        )

    def extend(
        self,
        times: Sequence[int],
        severities: Sequence[int],
        severity_texts: Sequence[bytes],
        bodies: Sequence[bytes],
        attributes: Sequence[bytes],
        trace_ids: Sequence[bytes],
        span_ids: Sequence[bytes],
        origins: Sequence[OriginKey],
    ) -> None:
        """Adds records given column by column, all columns of the same length.

        Times are nanoseconds since 1970 UTC and 0 for unknown; severities are 0 to 24; attributes are JSON
        objects; ids are 16 and 8 bytes. No bytes mean none, in every column of bytes. Raises ValueError
        when the lengths of the columns differ.
        """
        count = len(bodies)
        columns = (times, severities, severity_texts, attributes, trace_ids, span_ids, origins)
        if any(len(column) != count for column in columns):
            raise ValueError("columns differ in length")
        self._times += times
        self._severities += severities
        self._severity_texts += severity_texts
        self._bodies += bodies
        self._attributes += attributes
        self._trace_ids += trace_ids
        self._span_ids += span_ids
        known = self._origins
        if count and origins.count(origins[0]) == count:  # most often one object, and looked at once then
            self._origin_indexes += [known.setdefault(origins[0], len(known))] * count
        else:
            self._origin_indexes += self._indexes_of(origins)
        # 46 bytes: time, severity, both ids, origin, and the tags and lengths of body, attributes and level.
        self._size += 46 * count + sum(map(len, bodies)) + sum(map(len, attributes))

    def _indexes_of(self, origins: Sequence[OriginKey]) -> list[int]:
        known = self._origins
        try:
            return [known[origin] for origin in origins]
        except KeyError:
            return [known.setdefault(origin, len(known)) for origin in origins]

    def build(self, observed_time_unix_nano: int) -> LogColumns:
        """The columns, read at `observed_time_unix_nano`. The builder may go on being used.

        Raises ValueError when an id is of the wrong length, OverflowError when a time doesn't fit 64 bits.
        """
        columns = LogColumns(
            times_unix_nano=pack_times(self._times),
            observed_time_unix_nano=observed_time_unix_nano,
            bodies=self._bodies,
            trace_ids=_pack_ids(self._trace_ids, NO_TRACE),
            span_ids=_pack_ids(self._span_ids, NO_SPAN),
        )
        for key in self._origins:
            columns.origins.add(
                service_name=key.service_name,
                service_instance_id=key.service_instance_id,
                resource_attributes=key.resource_attributes,
                scope_name=key.scope_name,
                scope_version=key.scope_version,
                **(key.more._asdict() if key.more else {}),
            )
        if len(self._origins) > 1:
            columns.origin_indexes.extend(self._origin_indexes)
        if any(self._severities):
            columns.severity_numbers = bytes(self._severities)
        if any(self._severity_texts):
            columns.severity_texts.extend(self._severity_texts)
        if any(self._attributes):
            columns.attributes.extend(self._attributes)
        return columns


def _pack_ids(ids: list[bytes], none: bytes) -> bytes:
    width = len(none)
    lengths = set(map(len, ids))
    if lengths <= {width}:
        return b"".join(ids)
    if lengths <= {0}:
        return b""
    if lengths != {0, width}:
        raise ValueError(f"an id is not {width} bytes long")
    return b"".join([one or none for one in ids])


def record_fault(record: LogRecord) -> str:
    """Why this record can't be put into columns, in words; empty when it can."""
    if len(record.trace_id) not in (0, 16):
        return f"trace_id has {len(record.trace_id)} bytes, not 16"
    if len(record.span_id) not in (0, 8):
        return f"span_id has {len(record.span_id)} bytes, not 8"
    if not 0 <= record.severity_number <= 24:
        return f"severity_number {record.severity_number} is not between 0 and 24"
    return ""


def columns_from_records(records: Sequence[LogRecord], observed_time_unix_nano: int) -> LogColumns:
    """The columns of `records`, in their order. A record of unknown time gets the time it was read at, if it has one.

    Raises ValueError naming the first entry that has a `record_fault`.
    """
    builder = ColumnsBuilder()
    rares = []
    for entry, record in enumerate(records):
        if fault := record_fault(record):
            raise ValueError(f"record {entry}: {fault}")
        body, rare = body_and_rare(record)
        rares.append(rare)
        builder.append(
            body,
            time_unix_nano=record.time_unix_nano or record.observed_time_unix_nano,
            severity=record.severity_number,
            severity_text=record.severity_text.encode(),
            attributes=attributes_to_json(record.attributes),
            trace_id=record.trace_id,
            span_id=record.span_id,
            origin=_origin_of(record),
        )
    columns = builder.build(observed_time_unix_nano)
    add_rare(columns, rares)
    return columns


def _origin_of(record: LogRecord) -> OriginKey:
    if not record.HasField("resource") and not record.HasField("scope"):
        return UNKNOWN_ORIGIN
    return OriginKey(
        record.resource.service_name.encode(),
        record.resource.service_instance_id.encode(),
        attributes_to_json(record.resource.attributes),
        record.scope.name.encode(),
        record.scope.version.encode(),
        more_of(record),
    )


def records_from_columns(columns: LogColumns, ids: Sequence[str] = ()) -> list[LogRecord]:
    """One record per entry, with `ids` when given (as many as records). Bytes that aren't UTF-8 become U+FFFD.

    Raises ValueError when the columns' lengths disagree, an index is outside the dictionary, or attributes
    aren't a JSON object.
    """
    count = len(columns.bodies)
    _check_lengths(columns, count)
    if ids and len(ids) != count:
        raise ValueError(f"{len(ids)} ids for {count} records")
    origins = [_record_origin(columns, index) for index in range(len(columns.origins))]
    indexes = columns.origin_indexes or ([0] * count if origins else [])
    rares = rare_in(columns) if has_rare(columns) else []
    records = []
    for entry, (time, body) in enumerate(zip(unpack_times(columns.times_unix_nano), columns.bodies, strict=True)):
        record = LogRecord(
            id=ids[entry] if ids else "",
            time_unix_nano=time or columns.observed_time_unix_nano,
            body=_text(body),
            trace_id=_id_at(columns.trace_ids, entry, 16),
            span_id=_id_at(columns.span_ids, entry, 8),
        )
        if columns.severity_numbers:
            record.severity_number = columns.severity_numbers[entry]  # type: ignore[assignment]
        if columns.severity_texts:
            record.severity_text = _text(columns.severity_texts[entry])
        if indexes:
            record.MergeFrom(origins[indexes[entry]])
        if columns.attributes and columns.attributes[entry]:
            attributes_from_json(columns.attributes[entry], record.attributes)
        if rares and (text := rare_text(rares[entry], record.time_unix_nano)):
            read_rare(text, record)
        records.append(record)
    return records


def _check_lengths(columns: LogColumns, count: int) -> None:
    if len(columns.times_unix_nano) != 8 * count:
        raise ValueError("times_unix_nano doesn't have 8 bytes per record")
    optional = {
        "origin_indexes": (len(columns.origin_indexes), 1),
        "severity_numbers": (len(columns.severity_numbers), 1),
        "severity_texts": (len(columns.severity_texts), 1),
        "attributes": (len(columns.attributes), 1),
        "trace_ids": (len(columns.trace_ids), 16),
        "span_ids": (len(columns.span_ids), 8),
        "observed_times_unix_nano": (len(columns.observed_times_unix_nano), 8),
        "structured_bodies": (len(columns.structured_bodies), 1),
        "event_names": (len(columns.event_names), 1),
        "flags": (len(columns.flags), 1),
        "dropped_attributes_counts": (len(columns.dropped_attributes_counts), 1),
    }
    for name, (length, width) in optional.items():
        if length and length != width * count:
            raise ValueError(f"{name} has a length of {length}, not {width * count}")
    if columns.origin_indexes and max(columns.origin_indexes) >= len(columns.origins):
        raise ValueError("origin_indexes points outside origins")


def _record_origin(columns: LogColumns, index: int) -> LogRecord:
    """A record that has a resource and a scope only, to be merged into those of this origin."""
    origin = columns.origins[index]
    record = LogRecord()
    if origin.service_name or origin.service_instance_id or origin.resource_attributes:
        record.resource.service_name = _text(origin.service_name)
        record.resource.service_instance_id = _text(origin.service_instance_id)
        attributes_from_json(origin.resource_attributes, record.resource.attributes)
    if origin.scope_name or origin.scope_version:
        record.scope.name = _text(origin.scope_name)
        record.scope.version = _text(origin.scope_version)
    read_more(more_text(origin), record)
    return record


def _id_at(packed: bytes, entry: int, width: int) -> bytes:
    one = packed[entry * width : (entry + 1) * width]
    return one if any(one) else b""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")

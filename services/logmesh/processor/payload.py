"""Opens a batch's payload: decompresses, parses, and checks that its columns fit together, before any entry is looked at."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import zstandard
from google.protobuf.message import DecodeError

from logmesh.processor.envelope import OpaqueAppendRequest
from logmesh.processor.frame import Header
from logmesh.record.columns import columns_from_records
from logmesh.record.earlier import read_structs
from logmesh.record.kept import Entries
from logmesh.record.limits import MAX_BATCH_RECORDS
from logmesh.record.rare import RARE_COLUMNS
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.record_pb2 import LogColumns, LogRecord

OriginIndexes: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.uint8 | np.uint32]]"
_NO_ENTRIES: Entries = np.empty(0, np.int64)
_SIZE_UNSTATED = -1


def no_entries() -> Entries:
    """No rows; always the same array, since small batches feel what a new one costs."""
    return _NO_ENTRIES


class BatchRefused(Exception):
    """The payload as a whole can't be read; `content` is what is kept of it."""

    def __init__(self, reason: str, content: bytes) -> None:
        super().__init__(reason)
        self.content = content


class Link(NamedTuple):
    """Where a batch belongs among those of its spool: the checksum of its payload, and its chain (see `Batch.chain`)."""

    crc32c: int
    chain: int


@dataclass(frozen=True, slots=True)
class Payload:
    """A batch's columns, the place of each row in it, and the entries that could not be parsed (place, reason, bytes).

    `bodies` and `attributes` are those of the columns as lists, an attribute's text empty where there is none: each pass over a
    protobuf container makes its bytes objects anew, and each look at a column costs, so that `says_more` tells whether any record has
    a severity's text or anything rare. `size` is about how many bytes all of it has. `link` is None where the producer gave no chain.
    `request`: see `Batch.request`.
    `origin_of`: by record the place of its origin; None where no record says one.
    """

    columns: LogColumns
    entries: Entries
    bodies: list[bytes]
    attributes: list[bytes]
    size: int
    says_more: bool
    origin_of: "OriginIndexes | None" = None
    refused: list[tuple[int, str, bytes]] = field(default_factory=list)
    link: Link | None = None
    request: bytes = b""


def decode_payload(raw: bytes, header: Header) -> Payload:
    """Decode an `AppendRequest` from the log. Raises BatchRefused."""
    try:
        batch = OpaqueAppendRequest.FromString(raw).batch
    except DecodeError as error:
        raise BatchRefused("batch is not an AppendRequest", raw) from error
    if batch.records:
        return _from_records(list(batch.records), header)
    data: bytes = batch.columns
    if batch.encoding == pb.ENCODING_ZSTD:
        data = _decompress(data, batch.raw_size)
    try:
        columns = LogColumns.FromString(data)
    except DecodeError as error:
        raise BatchRefused("columns are not a LogColumns", data) from error
    lengths = _lengths(columns)
    origin_of = _origin_of(columns)
    if fault := _fault_of(columns, lengths, origin_of, header.count):
        raise BatchRefused(fault, data)
    link = Link(batch.crc32c, batch.chain) if batch.HasField("chain") else None
    return _payload(columns, lengths, origin_of, np.arange(header.count), len(data), link=link, request=batch.request)


def _from_records(entries: list[bytes], header: Header) -> Payload:
    records, places, refused = [], [], []
    for place, entry in enumerate(entries):
        try:
            record = LogRecord.FromString(entry)
            read_structs(record)
        except DecodeError:
            refused.append((place, "record is not a LogRecord, or its text not UTF-8", entry))
            continue
        if len(record.trace_id) not in (0, 16) or len(record.span_id) not in (0, 8):
            refused.append((place, "trace_id is not 16 bytes, or span_id not 8", entry))
        elif not 0 <= record.severity_number <= 24:
            refused.append((place, "severity above 24", entry))
        else:
            records.append(record)
            places.append(place)
    columns = columns_from_records(records, header.received_unix_nano)
    origin_of = _origin_of(columns)
    return _payload(columns, _lengths(columns), origin_of, np.array(places, np.int64), sum(map(len, entries)), refused)


def _payload(
    columns: LogColumns,
    lengths: dict[str, int],
    origin_of: "OriginIndexes | None",
    entries: Entries,
    size: int,
    refused: list[tuple[int, str, bytes]] | None = None,
    link: Link | None = None,
    request: bytes = b"",
) -> Payload:
    bodies: list[bytes] = columns.bodies[:]
    attributes: list[bytes] = columns.attributes[:] or [b""] * len(bodies)
    says_more = not _MORE.isdisjoint(lengths)
    return Payload(columns, entries, bodies, attributes, size, says_more, origin_of, refused or [], link, request)


def _decompress(data: bytes, raw_size: int) -> bytes:
    """One zstd frame of exactly `raw_size` bytes; nothing larger is ever allocated."""
    try:
        # A frame that states its size is given that much, whatever `max_output_size` says.
        if zstandard.frame_content_size(data) not in (raw_size, _SIZE_UNSTATED):
            raise BatchRefused("payload is not a zstd frame of the size it says", data)
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=raw_size, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError) as error:
        raise BatchRefused("payload is not a zstd frame of the size it says", data) from error
    if len(raw) != raw_size:
        raise BatchRefused("payload is not a zstd frame of the size it says", data)
    return raw


_WIDTHS = {
    "severity_numbers": 1, "severity_texts": 1, "trace_ids": 16, "span_ids": 8, "attributes": 1, "origin_indexes": 1,
    "observed_times_unix_nano": 8, "structured_bodies": 1, "event_names": 1, "flags": 1, "dropped_attributes_counts": 1,
}  # fmt: skip
"""Columns that may be left out, and their width."""
_MORE = {"severity_texts", *RARE_COLUMNS}


def _lengths(columns: LogColumns) -> dict[str, int]:
    """Of columns that may be left out, those that are there."""
    return {name: length for name in _WIDTHS if (length := len(getattr(columns, name)))}


def _origin_of(columns: LogColumns) -> "OriginIndexes | None":
    """By record the place of its origin, None where no record says one. As bytes where these are enough: they are made of Python's
    numbers twice as quickly."""
    if not (indexes := columns.origin_indexes[:]):
        return None
    try:
        return np.frombuffer(bytes(indexes), np.uint8)
    except ValueError:
        return np.array(indexes, np.uint32)


def _fault_of(
    columns: LogColumns, lengths: dict[str, int], origin_of: "OriginIndexes | None", count: int
) -> str | None:
    if len(columns.bodies) != count or count > MAX_BATCH_RECORDS:
        return "count of bodies is not the batch's count"
    if len(columns.times_unix_nano) != count * 8:
        return "length of times_unix_nano does not fit the batch's count"
    for name, length in lengths.items():
        if length != count * _WIDTHS[name]:
            return f"length of {name} does not fit the batch's count"
    if len(columns.origins) > count:  # each would be a row of the database
        return "more origins than records"
    if origin_of is not None and origin_of.max() >= len(columns.origins):
        return "origin index outside the dictionary"
    return None

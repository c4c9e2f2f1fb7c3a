"""A batch as the live tail shows it: the same records, with the same ids, that the database holds once it is committed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from logmesh.processor.entries import Moment, check_entries, clamp_times
from logmesh.processor.frame import Header
from logmesh.processor.payload import BatchRefused, decode_payload
from logmesh.record.attributes import attributes_from_json
from logmesh.record.entry import clean_text
from logmesh.record.ids import format_record_id, position_of
from logmesh.record.limits import MAX_SEVERITY_TEXT_BYTES
from logmesh.record.origin_more import read_more
from logmesh.record.origin_texts import origin_texts
from logmesh.record.rare import rare_texts, read_rare
from logmesh.v1.record_pb2 import LogRecord, Origin


class UndecidedError(Exception):
    """An entry's attributes may be JSON to the database or not: only a commit tells whether it is stored."""


def live_records(batch: Header, raw: bytes, spool: int, moment: Moment) -> Iterator[tuple[int, LogRecord]]:
    """Yield (position, record) of the entries that are stored, in order. Entries that become dead letters are left out.

    Raises UndecidedError."""
    try:
        kept, _ = check_entries(decode_payload(raw, batch))
    except BatchRefused:
        return
    columns, count = kept.columns, len(kept.bodies)
    select: Any = slice(None) if kept.at is None else kept.at
    packed = np.frombuffer(columns.times_unix_nano, "<u8")[select]
    times, original = clamp_times(
        packed,
        moment.fallback(columns.observed_time_unix_nano, batch.received_unix_nano),
        moment,
    )
    origins = [_resource_of(origin) for origin in columns.origins or [Origin()]]
    indexes = np.array(columns.origin_indexes, np.int32)[select].tolist() if columns.origin_indexes else [0] * count
    places = range(count) if kept.at is None else kept.at
    texts, trace_ids, span_ids = columns.severity_texts[:], columns.trace_ids, columns.span_ids
    extras = rare_texts(columns, places)
    severities: Any = kept.severities  # SeverityNumber's
    rows = zip(kept.entries.tolist(), places, times.tolist(), severities, indexes, strict=True)
    for row, (entry, place, time, severity, index) in enumerate(rows):
        position = position_of(batch.seq, entry)
        record = LogRecord()
        record.CopyFrom(origins[index])
        record.id = format_record_id(spool, position)
        record.time_unix_nano = time
        record.severity_number = severity
        record.body = kept.bodies[row].decode()
        if texts and texts[place]:
            record.severity_text = clean_text(texts[place], MAX_SEVERITY_TEXT_BYTES).decode()
        if trace_ids and any(trace := trace_ids[place * 16 : place * 16 + 16]):
            record.trace_id = trace
        if span_ids and any(span := span_ids[place * 8 : place * 8 + 8]):
            record.span_id = span
        if row in original:
            record.original_time_unix_nano = original[row]
        if extras and (extra := extras[row]):
            read_rare(extra, record)
        _read_attributes(kept.attributes[row], record)
        yield position, record


def _read_attributes(text: bytes, record: LogRecord) -> None:
    if not text:
        return
    try:
        # What this takes both ways the database takes too, whether or not its neighbours make it look at every entry.
        orjson.dumps(orjson.loads(text))
        attributes_from_json(text, record.attributes)
    except (ValueError, TypeError, RecursionError) as error:
        raise UndecidedError from error


def _resource_of(origin: Origin) -> LogRecord:
    """A record of which only resource and scope are set, as they are stored."""
    texts = origin_texts(origin)
    record = LogRecord()
    record.resource.service_name, record.resource.service_instance_id = texts.service, texts.instance
    attributes_from_json(texts.resource.encode(), record.resource.attributes)
    if texts.scope_name or texts.scope_version:
        record.scope.name, record.scope.version = texts.scope_name, texts.scope_version
    read_more(texts.extra, record)
    return record

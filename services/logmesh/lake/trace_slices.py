"""Records of the lake as the cache of recent traces holds them: slices of batches, one a record, which follow each other.

A slice has what a file has of its record, so that the cache gives the record that the store would give. It is a head of fixed width,
then the parts whose lengths it names: body, attributes, the origin's texts, and what few records have.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct, error
from typing import Any, Final

import numpy as np
import orjson

from logmesh.lake.store.records import record_from_columns
from logmesh.lake.writing.columns import Checked, Columns
from logmesh.record.entry import clean_text
from logmesh.record.limits import MAX_SEVERITY_TEXT_BYTES
from logmesh.record.origin_texts import OriginTexts
from logmesh.record.rare import has_rare, rare_texts
from logmesh.v1.record_pb2 import LogRecord

_HEAD: Final = np.dtype([
    ("trace", "V16"), ("span", "V8"), ("time", "<i8"), ("original", "<i8"), ("spool", "<i8"), ("position", "<i8"),
    ("severity", "<u4"), ("body", "<u4"), ("attributes", "<u4"), ("origin", "<u4"), ("rare", "<u4"),
])  # fmt: skip
_READ_HEAD: Final = Struct("<16s8sqqqqIIIII")


class SlicesError(Exception):
    """The bytes are no slices."""


def slices_of(columns: Columns) -> list[dict[bytes, list[bytes]]]:
    """By batch, slices by trace id, of the records that are of a trace."""
    found: list[dict[bytes, list[bytes]]] = [{} for _ in columns.batches]
    if not columns.trace_ids:
        return found
    traced = np.flatnonzero(np.frombuffer(columns.trace_ids, "<u8").reshape(-1, 2).any(axis=1))
    places: list[int] = traced.tolist()
    bodies, attributes = (
        _picked([getattr(batch.kept, name) for batch in columns.batches], places) for name in ("bodies", "attributes")
    )
    origins = _picked([_origins(batch) for batch in columns.batches], places)
    rares = _picked([_rares(batch) for batch in columns.batches], places)
    heads = np.zeros(len(places), _HEAD)
    heads["trace"] = ids = np.frombuffer(columns.trace_ids, "V16")[traced]
    if columns.span_ids:
        heads["span"] = np.frombuffer(columns.span_ids, "V8")[traced]
    heads["time"], heads["spool"] = columns.times[traced], columns.spools[traced]
    heads["position"], heads["severity"] = columns.positions[traced], columns.severities[traced]
    if columns.original is not None:
        heads["original"] = columns.original[traced]
    for name, part in (("body", bodies), ("attributes", attributes), ("origin", origins), ("rare", rares)):
        heads[name] = np.fromiter(map(len, part), np.uint32, len(part))
    packed, width = heads.tobytes(), _HEAD.itemsize
    each = (packed[at : at + width] for at in range(0, len(packed), width))
    batch_of = np.repeat(np.arange(len(columns.counts)), columns.counts)[traced].tolist()
    for batch, trace_id, *parts in zip(batch_of, ids.tolist(), each, bodies, attributes, origins, rares, strict=True):
        found[batch].setdefault(trace_id, []).append(b"".join(parts))
    return found


def read_slices(data: bytes, trace_id: bytes) -> list[LogRecord]:
    """The records, each once, in any order. Raises SlicesError, also where one is of another trace."""
    try:
        records = list(_read(data, trace_id))
    except (ValueError, error) as raised:  # JSON's and UTF-8's errors are ValueErrors
        raise SlicesError(str(raised)) from raised
    return list({record.id: record for record in records}.values())


def _read(data: bytes, trace_id: bytes) -> Iterator[LogRecord]:
    at = 0
    while at < len(data):
        trace, span, time, original, spool, position, severity, *lengths = _READ_HEAD.unpack_from(data, at)
        at += _READ_HEAD.size
        if trace != trace_id or at + sum(lengths) > len(data):
            raise ValueError("it is another trace's, or torn")
        parts = []
        for length in lengths:
            parts.append(data[at : at + length])
            at += length
        body, attributes, origin, rare = parts
        severity_text, extra = orjson.loads(rare) if rare else ("", "")
        texts = OriginTexts(*orjson.loads(origin))
        row: dict[str, Any] = {
            "spool": spool, "position": position, "time": time, "severity": severity, "severity_text": severity_text,
            "body": body.decode(), "original_time_unix_nano": original, "trace_id": trace,
            "span_id": span if any(span) else None, "service": texts.service, "instance": texts.instance,
            "resource": texts.resource, "attributes": attributes.decode(), "scope_name": texts.scope_name,
            "scope_version": texts.scope_version, "extra": extra, "origin_extra": texts.extra,
        }  # fmt: skip
        yield record_from_columns(row)


def _picked(parts: Sequence[Sequence[bytes]], places: list[int]) -> list[bytes]:
    everything = list(chain.from_iterable(parts))
    return list(map(everything.__getitem__, places))


def _origins(batch: Checked) -> list[bytes]:
    """By row, the texts of its origin."""
    return list(map([_origin(texts) for texts in batch.origins].__getitem__, batch.origin_indexes()))


@lru_cache(50_000)
def _origin(texts: OriginTexts) -> bytes:
    return orjson.dumps(list(texts))


def _rares(batch: Checked) -> Sequence[bytes]:
    """By row, what few have; empty for the others."""
    kept, count = batch.kept, len(batch.kept.bodies)
    if not kept.columns.severity_texts and not has_rare(kept.columns):
        return [b""] * count
    places = range(count) if kept.at is None else kept.at
    texts: list[bytes] = kept.columns.severity_texts[:]
    extras = rare_texts(kept.columns, places) or repeat(b"")
    named = [clean_text(texts[place], MAX_SEVERITY_TEXT_BYTES).decode() if texts else "" for place in places]
    return [
        orjson.dumps([text, extra.decode()]) if text or extra else b""
        for text, extra in zip(named, extras, strict=False)
    ]

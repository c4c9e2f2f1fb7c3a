"""Checked batches as COPY rows of the table of hot rows, for what is too little for a file."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from struct import pack
from typing import Final

from logmesh.lake.writing.columns import Checked, Columns
from logmesh.record.entry import clean_text
from logmesh.record.limits import MAX_SEVERITY_TEXT_BYTES
from logmesh.record.origin_texts import OriginTexts
from logmesh.record.rare import has_rare, rare_texts
from logmesh.storage.copy_rows import (
    COPY_HEADER,
    COPY_TRAILER,
    POSTGRES_EPOCH_MICROSECONDS,
    copy_rows,
    join_rows,
    json_field,
    origin_tail,
    text_field,
)

COLUMNS: Final = (
    "trace_id", "span_id", "tenant", "service", "severity_text", "original_time_unix_nano", "extra",
    "instance", "resource", "scope_name", "scope_version", "origin_extra", "received",
    "time", "position", "spool", "ns", "severity", "body", "attributes",
)  # fmt: skip
"""Not the generation: each table of one has it as a default."""


def hot_rows(columns: Columns) -> bytes:
    """All rows, in the order of the batches, with COPY's header and trailer."""
    rows = copy_rows(
        times=columns.times,
        positions=columns.positions,
        spool=columns.spools,
        origins=None,
        severities=columns.severities,
        trace_ids=columns.trace_ids,
        span_ids=columns.span_ids,
        bodies=list(chain.from_iterable([batch.kept.bodies for batch in columns.batches])),
        attributes=list(chain.from_iterable([batch.kept.attributes for batch in columns.batches])),
        tails=list(_tails(columns)),
        fields=len(COLUMNS),
    )
    return b"".join([COPY_HEADER, join_rows(rows), COPY_TRAILER])


def _tails(columns: Columns) -> Iterator[bytes]:
    """By row, the fields that are the same for all of an origin, unless it has a severity's text, an original time or anything rare."""
    begin = 0
    for batch, count in zip(columns.batches, columns.counts, strict=True):
        indexes = batch.origin_indexes()
        received = pack(">iq", 8, batch.received_unix_nano // 1000 - POSTGRES_EPOCH_MICROSECONDS)
        if columns.original is not None or batch.kept.columns.severity_texts or has_rare(batch.kept.columns):
            original = [0] * count if columns.original is None else columns.original[begin : begin + count].tolist()
            yield from _tails_of_each(batch, indexes, original, received)
        else:
            tails = [_tail(batch.tenant, origin) + received for origin in batch.origins]
            yield from map(tails.__getitem__, indexes)
        begin += count


def _tails_of_each(batch: Checked, indexes: Sequence[int], original: Sequence[int], received: bytes) -> Iterator[bytes]:
    tenant, kept = batch.tenant.encode(), batch.kept
    places = range(len(kept.bodies)) if kept.at is None else kept.at
    texts: list[bytes] = kept.columns.severity_texts[:]
    extras = rare_texts(kept.columns, places) or repeat(b"")
    known: dict[tuple[int, bytes], bytes] = {}  # by origin and level, of rows that have nothing else of their own
    for place, index, time, extra in zip(places, indexes, original, extras, strict=False):
        level = texts[place] if texts else b""
        tail = None if time or extra else known.get((index, level))
        if tail is None:
            origin, text = batch.origins[index], clean_text(level, MAX_SEVERITY_TEXT_BYTES)
            tail = origin_tail(tenant, origin.service.encode(), text, time or None, extra) + _origin_fields(origin)
            tail += received
            if not (time or extra):
                known[index, level] = tail
        yield tail


@lru_cache(50_000)
def _tail(tenant: str, origin: OriginTexts) -> bytes:
    return origin_tail(tenant.encode(), origin.service.encode()) + _origin_fields(origin)


@lru_cache(50_000)
def _origin_fields(origin: OriginTexts) -> bytes:
    return (
        text_field(origin.instance.encode())
        + json_field(origin.resource.encode())
        + text_field(origin.scope_name.encode())
        + text_field(origin.scope_version.encode())
        + json_field(origin.extra.encode())
    )

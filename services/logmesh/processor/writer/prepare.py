"""Turns a group of batches into COPY rows and dead letters, whole columns of many batches at once: small batches cost little
more than their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, repeat
from typing import Any, TypeAlias

import numpy as np

from logmesh.journal import FrameRef
from logmesh.processor.counts import count_keys, no_keys
from logmesh.processor.entries import (
    MAX_SEVERITY,
    Kept,
    Moment,
    Refused,
    are_plain,
    check_entries,
    clamp_times,
    clean_text,
    service_of,
)
from logmesh.processor.frame import Origin as BatchOrigin
from logmesh.processor.payload import Entries, Link, no_entries
from logmesh.processor.writer.opened import Opened
from logmesh.record.ids import ENTRY_BITS
from logmesh.record.limits import MAX_SEVERITY_TEXT_BYTES
from logmesh.storage.copy_rows import PIECES, copy_rows, join_rows, origin_tail
from logmesh.v1.record_pb2 import Origin

_PASS_BYTES = 1 << 20

RefusedEntries: TypeAlias = dict[FrameRef, dict[int, str]]
"""By batch, places of entries that the database refused, and why."""


@dataclass(slots=True)
class Prepared:
    """A batch ready for the flush transaction."""

    batch: BatchOrigin
    spool: int
    link: Link | None = None
    data: bytes = b""  # COPY rows
    rows: int = 0
    entries: Entries = field(default_factory=no_entries)  # by row: place in the batch
    dead: list[Refused] = field(default_factory=list)
    dead_count: int = 0  # differs from len(dead) when a whole batch is one dead letter
    count_keys: Any = field(default_factory=no_keys)  # by row, see `counts`
    max_time_unix_nano: int = 0
    traces: dict[bytes, list[bytes]] = field(default_factory=dict)  # COPY rows by trace id


def prepare(
    group: Sequence[Opened],
    moment: Moment,
    *,
    with_traces: bool,
    strict: bool = False,
    refused: RefusedEntries | None = None,
) -> list[Prepared]:
    """Prepare resolved batches, in their order. `strict` checks each entry, for groups that the database has refused; `refused`
    names entries that it refused all the same."""
    prepared: list[Prepared] = []
    for part in _parts(group):
        prepared += _prepare(part, moment, with_traces, strict, refused or {})
    return prepared


def _parts(group: Sequence[Opened]) -> Iterator[Sequence[Opened]]:
    """Parts to be prepared in one pass: a pass costs some microseconds, and its columns memory."""
    begin = size = 0
    for at, opened in enumerate(group):
        size += opened.payload.size if opened.payload is not None else 0
        if size >= _PASS_BYTES:
            yield group[begin : at + 1]
            begin, size = at + 1, 0
    if begin < len(group):
        yield group[begin:]


def _prepare(
    group: Sequence[Opened], moment: Moment, with_traces: bool, strict: bool, refused: RefusedEntries
) -> list[Prepared]:
    prepared = [
        Prepared(opened.unwritten.origin, opened.spool, opened.payload.link if opened.payload else None)
        for opened in group
    ]
    plain = not strict and _all_are_plain(group)
    filled: list[tuple[Prepared, Opened, Kept]] = []
    for opened, result in zip(group, prepared, strict=True):
        if opened.payload is None:
            if opened.fault is not None:
                result.dead = [Refused(0, str(opened.fault), opened.fault.content)]
            result.dead_count = result.batch.count
            continue
        mine = refused.get(opened.unwritten.ref)
        kept, result.dead = check_entries(opened.payload, plain=plain, strict=strict, refused=mine)
        result.dead_count = len(result.dead)
        if kept.bodies:
            filled.append((result, opened, kept))
    if filled:
        _fill(filled, moment, with_traces)
    return prepared


def _all_are_plain(group: Sequence[Opened]) -> bool:
    payloads = [opened.payload for opened in group if opened.payload is not None]
    bodies = list(chain.from_iterable(payload.bodies for payload in payloads))
    attributes = list(chain.from_iterable(payload.attributes for payload in payloads))
    severities = b"".join(payload.columns.severity_numbers for payload in payloads)
    return bool(np.frombuffer(severities, np.uint8).max(initial=0) <= MAX_SEVERITY) and are_plain(bodies, attributes)


def _fill(parts: Sequence[tuple[Prepared, Opened, Kept]], moment: Moment, with_traces: bool) -> None:
    """Make the rows of all batches in one pass, then give each batch its own."""
    counts = [len(kept.bodies) for _, _, kept in parts]
    ends = list(accumulate(counts))
    batches = [result.batch for result, _, _ in parts]
    fallbacks = [
        moment.fallback(kept.columns.observed_time_unix_nano, batch.received_unix_nano)
        for batch, (_, _, kept) in zip(batches, parts, strict=True)
    ]
    times, original = clamp_times(
        np.frombuffer(b"".join(kept.packed(kept.columns.times_unix_nano, 8) for _, _, kept in parts), "<u8"),
        np.repeat(np.array(fallbacks, np.uint64), counts),
        moment,
    )
    severities = np.concatenate([kept.severities for _, _, kept in parts])
    entries = np.concatenate([kept.entries for _, _, kept in parts])
    indexes = [_indexes(kept) for _, _, kept in parts]
    origins = _origins(parts, indexes, counts)
    traces = _ids([kept.packed(kept.columns.trace_ids, 16) for _, _, kept in parts], counts, 16)
    rows = copy_rows(
        times=times,
        positions=np.repeat(np.array([batch.seq << ENTRY_BITS for batch in batches], np.int64), counts) + entries,
        spool=np.repeat(np.array([result.spool for result, _, _ in parts], np.int64), counts),
        origins=origins,
        severities=severities,
        trace_ids=traces,
        span_ids=_ids([kept.packed(kept.columns.span_ids, 8) for _, _, kept in parts], counts, 8),
        bodies=list(chain.from_iterable(kept.bodies for _, _, kept in parts)),
        attributes=list(chain.from_iterable(kept.attributes for _, _, kept in parts)),
        tails=_tails(parts, indexes, original),
    )
    keys = count_keys(times, origins, severities)
    newest = np.maximum.reduceat(times, [0, *ends[:-1]]).tolist()
    begin = 0
    for (result, _, kept), end, latest in zip(parts, ends, newest, strict=True):
        result.data, result.rows = join_rows(rows[begin * PIECES : end * PIECES]), end - begin
        result.entries, result.count_keys, result.max_time_unix_nano = kept.entries, keys[begin:end], latest
        if with_traces and traces:
            result.traces = _by_trace(traces[begin * 16 : end * 16], rows[begin * PIECES : end * PIECES])
        begin = end


def _indexes(kept: Kept) -> list[int] | None:
    """By row, which of its batch's origins; None where all are of the first."""
    indexes: list[int] = kept.columns.origin_indexes[:]
    if not indexes or len(kept.columns.origins) == 1:
        return None
    return indexes if kept.at is None else [indexes[at] for at in kept.at]


def _origins(
    parts: Sequence[tuple[Prepared, Opened, Kept]], indexes: Sequence[list[int] | None], counts: list[int]
) -> Any:
    """By row, the number of its origin."""
    first = np.repeat(np.array([opened.numbers[0] for _, opened, _ in parts], np.int64), counts)
    begin = 0
    for (_, opened, _), mine, count in zip(parts, indexes, counts, strict=True):
        if mine is not None:
            first[begin : begin + count] = np.array(opened.numbers, np.int64)[mine]
        begin += count
    return first


def _ids(columns: list[bytes], counts: list[int], width: int) -> bytes:
    """Ids of all batches one after another, zeros where a batch has none; empty where none has any."""
    if not any(columns):
        return b""
    return b"".join(column or bytes(count * width) for column, count in zip(columns, counts, strict=True))


def _tails(
    parts: Sequence[tuple[Prepared, Opened, Kept]], indexes: Sequence[list[int] | None], original: dict[int, int]
) -> list[bytes]:
    """By row, its fields that are the same for all of an origin, unless it has a severity's text or an original time."""
    tails: list[bytes] = []
    known: dict[tuple[str, bytes], bytes] = {}
    for (result, opened, kept), mine in zip(parts, indexes, strict=True):
        tenant, count = result.batch.key.tenant, len(kept.bodies)
        columns = kept.columns
        if columns.severity_texts or original:
            tails += _tails_of_each(tenant.encode(), kept, mine, original, len(tails))
            continue
        by_origin = []
        for at, key in enumerate(opened.origins):
            if (tail := known.get((tenant, key))) is None:
                origin = columns.origins[at] if columns.origins else Origin()
                tail = known[tenant, key] = origin_tail(tenant.encode(), service_of(origin))
            by_origin.append(tail)
        tails += repeat(by_origin[0], count) if mine is None else map(by_origin.__getitem__, mine)
    return tails


def _tails_of_each(
    tenant: bytes, kept: Kept, indexes: list[int] | None, original: dict[int, int], begin: int
) -> list[bytes]:
    services = [service_of(origin) for origin in kept.columns.origins or [Origin()]]
    texts: Sequence[bytes] = kept.columns.severity_texts[:]
    rows = len(kept.bodies)
    places = range(rows) if kept.at is None else kept.at
    return [
        origin_tail(
            tenant,
            services[index],
            clean_text(texts[place], MAX_SEVERITY_TEXT_BYTES) if texts else b"",
            original.get(begin + row),
        )
        for row, (place, index) in enumerate(zip(places, indexes or repeat(0, rows), strict=True))
    ]


def _by_trace(traces: bytes, rows: list[bytes]) -> dict[bytes, list[bytes]]:
    traced = np.flatnonzero(np.frombuffer(traces, "<u8").reshape(-1, 2).any(axis=1))
    ids: list[bytes] = np.frombuffer(traces, "V16")[traced].tolist()
    found: dict[bytes, list[bytes]] = {}
    for at, trace in zip(traced.tolist(), ids, strict=True):
        found.setdefault(trace, []).append(join_rows(rows[at * PIECES : (at + 1) * PIECES]))
    return found

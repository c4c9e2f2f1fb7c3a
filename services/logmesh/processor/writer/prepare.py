"""Turns a group of batches into COPY rows and dead letters, whole columns of many batches at once: small batches cost little
more than their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, repeat
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from logmesh.journal import FrameRef
from logmesh.processor.counts import KEY_BYTES, count_keys
from logmesh.processor.entries import (
    MAX_SEVERITY,
    Moment,
    Refused,
    are_plain,
    check_entries,
    clamp_times,
)
from logmesh.processor.frame import Header
from logmesh.processor.payload import Link, no_entries
from logmesh.processor.writer.opened import Opened
from logmesh.record.entry import clean_text
from logmesh.record.ids import ENTRY_BITS
from logmesh.record.kept import Entries, Kept
from logmesh.record.limits import MAX_SEVERITY_TEXT_BYTES
from logmesh.record.rare import rare_texts
from logmesh.storage.copy_rows import PIECES, copy_rows, join_rows, origin_tail

if TYPE_CHECKING:  # who stores rows never imports what the lake is made by
    from logmesh.lake.writing.columns import Checked

_PASS_BYTES = 1 << 20

RefusedEntries: TypeAlias = dict[FrameRef, dict[int, str]]
"""By batch, places of entries that the database refused, and why."""


@dataclass(slots=True)
class Prepared:
    """A batch ready for the flush transaction."""

    batch: Header
    spool: int
    link: Link | None = None
    request: bytes = b""  # what tells the request that brought it, see `Batch.request`
    data: bytes = b""  # COPY rows
    rows: int = 0
    entries: Entries = field(default_factory=no_entries)  # by row: place in the batch
    dead: list[Refused] = field(default_factory=list)
    texts: int = 0  # rows whose attributes are kept as their text
    dead_count: int = 0  # differs from len(dead) when a whole batch is one dead letter
    count_keys: bytes = b""  # by row, see `counts`
    traces: dict[bytes, list[bytes]] = field(default_factory=dict)  # by trace id, for the cache: see `Destination`
    checked: "Checked | None" = None  # what the lake stores of it, in place of COPY rows

    def size(self) -> int:
        """Bytes, about as a flush writes them."""
        return self.checked.size if self.checked else len(self.data)


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
    for part in parts(group):
        prepared += _prepare(part, moment, with_traces, strict, refused or {})
    return prepared


def begin(opened: Opened) -> Prepared:
    """What is known of a batch before its entries are looked at; one that can't be read as a whole is one dead letter, and done."""
    prepared = Prepared(opened.unwritten.header, opened.spool)
    if opened.payload is not None:
        prepared.link, prepared.request = opened.payload.link, opened.payload.request
    else:
        if opened.fault is not None:
            prepared.dead = [Refused(0, str(opened.fault), opened.fault.content)]
        prepared.dead_count = prepared.batch.count
    return prepared


def parts(group: Sequence[Opened]) -> Iterator[Sequence[Opened]]:
    """Parts to be prepared in one pass: a pass costs some microseconds, and its columns memory."""
    first = size = 0
    for at, opened in enumerate(group):
        size += opened.payload.size if opened.payload is not None else 0
        if size >= _PASS_BYTES:
            yield group[first : at + 1]
            first, size = at + 1, 0
    if first < len(group):
        yield group[first:]


def _prepare(
    group: Sequence[Opened], moment: Moment, with_traces: bool, strict: bool, refused: RefusedEntries
) -> list[Prepared]:
    prepared = list(map(begin, group))
    plain = not strict and _all_are_plain(group)
    filled: list[tuple[Prepared, Opened, Kept]] = []
    for opened, result in zip(group, prepared, strict=True):
        if opened.payload is None:
            continue
        mine = refused.get(opened.unwritten.ref) if refused else None
        kept, result.dead = check_entries(opened.payload, plain=plain, strict=strict, refused=mine)
        result.dead_count, result.texts = len(result.dead), kept.texts
        if kept.bodies:
            filled.append((result, opened, kept))
    if filled:
        _fill(filled, moment, with_traces)
    return prepared


def _all_are_plain(group: Sequence[Opened]) -> bool:
    payloads = [opened.payload for opened in group if opened.payload is not None]
    bodies = list(chain.from_iterable([payload.bodies for payload in payloads]))
    attributes = list(chain.from_iterable([payload.attributes for payload in payloads]))
    severities = b"".join([payload.columns.severity_numbers for payload in payloads])
    return bool(np.frombuffer(severities, np.uint8).max(initial=0) <= MAX_SEVERITY) and are_plain(bodies, attributes)


def _fill(parts: Sequence[tuple[Prepared, Opened, Kept]], moment: Moment, with_traces: bool) -> None:
    """Make the rows of all batches in one pass, then give each batch its own."""
    counts = [len(kept.bodies) for _, _, kept in parts]
    stated = np.frombuffer(b"".join([kept.packed(kept.columns.times_unix_nano, 8) for _, _, kept in parts]), "<u8")
    fallbacks = 0 if stated.all() else np.repeat(_fallbacks(parts, moment), counts)
    times, original = clamp_times(stated, fallbacks, moment)
    severities = np.frombuffer(b"".join([kept.severities for _, _, kept in parts]), np.uint8)
    entries = np.concatenate([kept.entries for _, _, kept in parts])
    firsts = np.array([result.batch.seq for result, _, _ in parts], np.int64) << ENTRY_BITS
    indexes = [_indexes(opened, kept) for _, opened, kept in parts]
    origins = _origins(parts, indexes, counts)
    traces = _ids([kept.packed(kept.columns.trace_ids, 16) for _, _, kept in parts], counts, 16)
    rows = copy_rows(
        times=times,
        positions=np.repeat(firsts, counts) + entries,
        spool=np.repeat(np.array([result.spool for result, _, _ in parts], np.int64), counts),
        origins=origins,
        severities=severities,
        trace_ids=traces,
        span_ids=_ids([kept.packed(kept.columns.span_ids, 8) for _, _, kept in parts], counts, 8),
        bodies=list(chain.from_iterable([kept.bodies for _, _, kept in parts])),
        attributes=list(chain.from_iterable([kept.attributes for _, _, kept in parts])),
        tails=_tails(parts, indexes, counts, original),
    )
    keys = count_keys(times, origins, severities)
    ends = list(accumulate(counts))
    first = 0
    for (result, _, kept), end in zip(parts, ends, strict=True):
        result.data, result.rows = join_rows(rows[first * PIECES : end * PIECES]), end - first
        result.entries, result.count_keys = kept.entries, keys[first * KEY_BYTES : end * KEY_BYTES]
        if with_traces and traces:
            result.traces = _by_trace(traces[first * 16 : end * 16], rows[first * PIECES : end * PIECES])
        first = end


def _fallbacks(parts: Sequence[tuple[Prepared, Opened, Kept]], moment: Moment) -> Any:
    """By batch, the time of its records that have none."""
    fallback = moment.fallback
    return np.array(
        [fallback(kept.columns.observed_time_unix_nano, result.batch.received_unix_nano) for result, _, kept in parts],
        np.uint64,
    )


def _indexes(opened: Opened, kept: Kept) -> list[int] | None:
    """By row, which of its batch's origins; None where all are of the first."""
    if len(opened.stored) == 1:
        return None
    indexes: list[int] = kept.columns.origin_indexes[:]
    if not indexes:
        return None
    return indexes if kept.at is None else [indexes[at] for at in kept.at]


def _origins(
    parts: Sequence[tuple[Prepared, Opened, Kept]], indexes: Sequence[list[int] | None], counts: list[int]
) -> Any:
    """By row, the number of its origin."""
    numbers = np.repeat(np.array([opened.stored[0].number for _, opened, _ in parts], np.int64), counts)
    if any(indexes):
        begin = 0
        for (_, opened, _), mine, count in zip(parts, indexes, counts, strict=True):
            if mine is not None:
                numbers[begin : begin + count] = np.array([one.number for one in opened.stored], np.int64)[mine]
            begin += count
    return numbers


def _ids(columns: list[bytes], counts: list[int], width: int) -> bytes:
    """Ids of all batches one after another, zeros where a batch has none; empty where none has any."""
    if not any(columns):
        return b""
    return b"".join([column or bytes(count * width) for column, count in zip(columns, counts, strict=True)])


def _tails(
    parts: Sequence[tuple[Prepared, Opened, Kept]],
    indexes: Sequence[list[int] | None],
    counts: list[int],
    original: dict[int, int],
) -> list[bytes]:
    """By row, its fields that are the same for all of an origin, unless it has a severity's text, an original time or anything rare."""
    tails: list[bytes] = []
    for (result, opened, kept), mine, count in zip(parts, indexes, counts, strict=True):
        if original or opened.payload is None or opened.payload.says_more:
            tails += _tails_of_each(result.batch.key.tenant.encode(), opened, kept, mine, original, len(tails))
        elif mine is None:
            tails += repeat(opened.stored[0].tail, count)
        else:
            tails += map([one.tail for one in opened.stored].__getitem__, mine)
    return tails


def _tails_of_each(
    tenant: bytes, opened: Opened, kept: Kept, indexes: list[int] | None, original: dict[int, int], begin: int
) -> list[bytes]:
    texts: Sequence[bytes] = kept.columns.severity_texts[:]
    rows = len(kept.bodies)
    places = range(rows) if kept.at is None else kept.at
    extras = rare_texts(kept.columns, places)
    return [
        origin_tail(
            tenant,
            opened.stored[index].service,
            clean_text(texts[place], MAX_SEVERITY_TEXT_BYTES) if texts else b"",
            original.get(begin + row),
            extras[row] if extras else b"",
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

"""Turns a batch as received into COPY rows and dead letters. Whole columns are checked at once; only when that finds
something are entries looked at one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np

from logmesh.processor.counts import Counts, count, no_counts
from logmesh.processor.frame import Origin as BatchOrigin
from logmesh.processor.payload import BatchRefused, Entries, decode_payload, no_entries
from logmesh.record.entry import EntryRefused, check_body
from logmesh.record.ids import ENTRY_BITS
from logmesh.record.limits import (
    MAX_AGE,
    MAX_AHEAD,
    MAX_ATTRIBUTES,
    MAX_ATTRIBUTES_BYTES,
    MAX_BODY_BYTES,
    MAX_SEVERITY_TEXT_BYTES,
)
from logmesh.storage.copy_rows import PIECES, copy_rows, join_rows, origin_tail
from logmesh.v1.record_pb2 import LogColumns, Origin

_MAX_AGE_NANO = int(MAX_AGE.total_seconds()) * 10**9
_MAX_AHEAD_NANO = int(MAX_AHEAD.total_seconds()) * 10**9
_LEAST_BYTES_PER_ATTRIBUTE = 5  # `"":0,`
_MAX_TIME = (1 << 63) - 1


class OriginUnknown(Exception):
    """Some origins have no number yet. Resolve `origins` and prepare again."""

    def __init__(self, origins: list[bytes]) -> None:
        super().__init__(f"{len(origins)} origins have no number yet")
        self.origins = origins


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that becomes a dead letter: its place in the batch, why, and itself, serialised."""

    entry: int
    reason: str
    content: bytes


@dataclass(slots=True)
class Prepared:
    """A batch ready for the flush transaction."""

    batch: BatchOrigin
    spool: int
    data: bytes = b""  # COPY rows
    rows: int = 0
    entries: Entries = field(default_factory=no_entries)  # by row: place in the batch
    dead: list[Refused] = field(default_factory=list)
    dead_count: int = 0  # differs from len(dead) when a whole batch is one dead letter
    counts: Counts = field(default_factory=no_counts)
    max_time_unix_nano: int = 0
    traces: dict[bytes, list[bytes]] = field(default_factory=dict)  # COPY rows by trace id


def prepare(
    batch: BatchOrigin,
    raw: bytes,
    spool: int,
    origin_numbers: dict[tuple[str, bytes], int],
    *,
    now_unix_nano: int,
    with_traces: bool,
    strict: bool = False,
    refused: dict[int, str] | None = None,
) -> Prepared:
    """Prepare one batch. `strict` checks each entry, for batches that the database has refused; `refused` names entries
    that it refused all the same. Raises OriginUnknown."""
    prepared = Prepared(batch, spool)
    try:
        kept, prepared.dead = check_entries(batch, raw, strict=strict, refused=refused)
    except BatchRefused as error:
        prepared.dead = [Refused(0, str(error), error.content)]
        prepared.dead_count = batch.count
        return prepared
    prepared.dead_count = len(prepared.dead)
    if kept.bodies:
        _fill(prepared, kept, origin_numbers, now_unix_nano, with_traces)
    return prepared


def check_entries(
    batch: BatchOrigin, raw: bytes, *, strict: bool = False, refused: dict[int, str] | None = None
) -> "tuple[Kept, list[Refused]]":
    """Sort a batch's entries into those that are stored and dead letters, as `prepare` does. Raises BatchRefused."""
    payload = decode_payload(raw, batch)
    columns, entries = payload.columns, payload.entries
    dead = [Refused(entry, reason, content) for entry, reason, content in payload.refused]

    # As lists: each pass over a protobuf container makes its bytes objects anew.
    bodies: Sequence[bytes] = columns.bodies[:]
    attributes: Sequence[bytes] = columns.attributes[:]
    severities = np.frombuffer(columns.severity_numbers, np.uint8)
    if not len(severities):
        severities = np.zeros(len(bodies), np.uint8)
    bad = {at: refused[entry] for at, entry in enumerate(entries.tolist()) if entry in refused} if refused else {}
    if severities.max(initial=0) > 24:
        bad |= {int(at): "severity above 24" for at in np.flatnonzero(severities > 24)}
    if strict or not (_bodies_are_plain(bodies) and _attributes_are_plain(attributes)):
        bodies, attributes, more = _check_each(bodies, attributes)
        bad |= more

    kept = Kept(columns, entries, bodies, attributes, severities)
    if bad:
        dead += [Refused(int(entries[at]), reason, _single(columns, at)) for at, reason in sorted(bad.items())]
        kept = kept.without(bad)
    return kept, dead


@dataclass(slots=True)
class Kept:
    """The columns of the entries that are stored."""

    columns: LogColumns
    entries: Entries
    bodies: Sequence[bytes]
    attributes: Sequence[bytes]
    severities: Any
    at: list[int] | None = None  # places in the columns; None: all of them

    def without(self, bad: dict[int, str]) -> "Kept":
        at = [i for i in range(len(self.bodies)) if i not in bad]
        return Kept(
            self.columns,
            self.entries[at],
            [self.bodies[i] for i in at],
            [self.attributes[i] for i in at],
            self.severities[at],
            at,
        )


def _fill(
    prepared: Prepared, kept: Kept, origin_numbers: dict[tuple[str, bytes], int], now: int, with_traces: bool
) -> None:
    columns, batch, rows_kept = kept.columns, prepared.batch, len(kept.bodies)
    select: Any = slice(None) if kept.at is None else kept.at
    times, original = clamp_times(
        np.frombuffer(columns.times_unix_nano, "<u8")[select], columns, batch.received_unix_nano, now
    )
    numbers, services = _origins(columns, batch.key.tenant, origin_numbers)
    indexes = (
        np.array(columns.origin_indexes, np.int32)[select] if columns.origin_indexes else np.zeros(rows_kept, np.int32)
    )
    origins = numbers[indexes]
    tails = _tails(batch.key.tenant.encode(), services, indexes, columns.severity_texts, original, kept.at)
    traces = _select(columns.trace_ids, 16, kept.at)
    rows = copy_rows(
        times=times,
        positions=(batch.seq << ENTRY_BITS) + kept.entries,
        spool=prepared.spool,
        origins=origins,
        severities=kept.severities,
        trace_ids=traces,
        span_ids=_select(columns.span_ids, 8, kept.at),
        bodies=kept.bodies,
        attributes=kept.attributes,
        tails=tails,
    )
    prepared.data, prepared.rows, prepared.entries = join_rows(rows), rows_kept, kept.entries
    prepared.counts = count(times, origins, kept.severities)
    prepared.max_time_unix_nano = int(times.max())
    if with_traces and traces:
        prepared.traces = _by_trace(traces, rows)


def _bodies_are_plain(bodies: Sequence[bytes]) -> bool:
    joined = b"".join(bodies)
    return (
        b"\0" not in joined
        and _are_utf8(joined, bodies)
        and (len(joined) <= MAX_BODY_BYTES or max(map(len, bodies)) <= MAX_BODY_BYTES)
    )


def _attributes_are_plain(attributes: Sequence[bytes]) -> bool:
    """Whether no entry can hurt: no NUL, UTF-8, objects, small. What is inside the braces the database checks."""
    joined = b"".join(attributes)
    lengths = np.fromiter(map(len, attributes), np.int64, len(attributes))
    first_bytes = np.frombuffer(joined, np.uint8)[(np.cumsum(lengths) - lengths)[lengths > 0]]
    return (
        bool((first_bytes == ord("{")).all())
        and b"\0" not in joined
        and (b"\\" not in joined or b"\\u0000" not in joined)  # one byte is found at a tenth of the cost
        and _are_utf8(joined, attributes)
        and lengths.max(initial=0) <= min(MAX_ATTRIBUTES_BYTES, MAX_ATTRIBUTES * _LEAST_BYTES_PER_ATTRIBUTE)
    )


def _are_utf8(joined: bytes, texts: Sequence[bytes]) -> bool:
    if joined.isascii():
        return True
    try:
        b"\0".join(texts).decode()  # apart, or the halves of a character in two neighbours would pass
    except UnicodeDecodeError:
        return False
    return True


def _check_each(
    bodies: Sequence[bytes], attributes: Sequence[bytes]
) -> tuple[list[bytes], list[bytes], dict[int, str]]:
    checked_bodies, checked_attributes, bad = list(bodies), list(attributes), {}
    for at, (body, text) in enumerate(zip(bodies, attributes, strict=True)):
        try:
            checked_bodies[at], checked_attributes[at] = check_body(body, text)
        except EntryRefused as error:
            bad[at] = str(error)
    return checked_bodies, checked_attributes, bad


def clamp_times(times: Any, columns: LogColumns, received: int, now: int) -> tuple[Any, dict[int, int]]:
    """Return times within the limits (int64 nanoseconds) and, by row, the originals of those that were not."""
    # Against the clock of the flush: a batch may have waited long in the log, and partitions are made around today.
    low, high = now - _MAX_AGE_NANO, now + _MAX_AHEAD_NANO
    observed = columns.observed_time_unix_nano
    fallback = observed if low <= observed <= high else received
    known = np.where(times == 0, np.uint64(fallback), times)
    outside = np.flatnonzero((known < low) | (known > high))
    original = {int(at): min(int(known[at]), _MAX_TIME) for at in outside}
    return np.clip(known, np.uint64(low), np.uint64(high)).astype(np.int64), original


def _origins(columns: LogColumns, tenant: str, numbers: dict[tuple[str, bytes], int]) -> tuple[Any, list[bytes]]:
    origins = columns.origins or [Origin()]
    keys = [origin.SerializeToString(deterministic=True) for origin in origins]
    missing = [key for key in keys if (tenant, key) not in numbers]
    if missing:
        raise OriginUnknown(missing)
    return np.array([numbers[tenant, key] for key in keys], np.int32), [service_of(origin) for origin in origins]


def service_of(origin: Origin) -> bytes:
    """The service's name as it is stored: valid text, never empty."""
    return clean_text(origin.service_name, 255) or b"unknown_service"


def clean_text(text: bytes, limit: int) -> bytes:
    """Valid UTF-8 without NUL, cut at `limit` bytes."""
    return text[:limit].decode("utf-8", "ignore").replace("\0", "").encode()


def _tails(
    tenant: bytes,
    services: list[bytes],
    indexes: Any,
    texts: Sequence[bytes],
    original: dict[int, int],
    at: list[int] | None,
) -> list[bytes]:
    by_origin = [origin_tail(tenant, service) for service in services]
    if not texts and not original:
        if len(by_origin) == 1:
            return list(repeat(by_origin[0], len(indexes)))
        return list(map(by_origin.__getitem__, indexes.tolist()))
    places = range(len(indexes)) if at is None else at
    return [
        origin_tail(
            tenant,
            services[index],
            clean_text(texts[place], MAX_SEVERITY_TEXT_BYTES) if texts else b"",
            original.get(row),
        )
        for row, (place, index) in enumerate(zip(places, indexes.tolist(), strict=True))
    ]


def _select(packed: bytes, width: int, at: list[int] | None) -> bytes:
    """The entries at `at` of a column of `width` bytes each."""
    if at is None or not packed:
        return packed
    return b"".join(packed[i * width : (i + 1) * width] for i in at)


def _by_trace(traces: bytes, rows: list[bytes]) -> dict[bytes, list[bytes]]:
    traced = np.flatnonzero(np.frombuffer(traces, "<u8").reshape(-1, 2).any(axis=1))
    ids: list[bytes] = np.frombuffer(traces, "V16")[traced].tolist()
    found: dict[bytes, list[bytes]] = {}
    for at, trace in zip(traced.tolist(), ids, strict=True):
        found.setdefault(trace, []).append(join_rows(rows[at * PIECES : (at + 1) * PIECES]))
    return found


def _single(columns: LogColumns, at: int) -> bytes:
    """One entry as columns of its own, for the dead letters."""
    return LogColumns(
        origins=[columns.origins[columns.origin_indexes[at] if columns.origin_indexes else 0]]
        if columns.origins
        else [],
        times_unix_nano=columns.times_unix_nano[at * 8 : at * 8 + 8],
        observed_time_unix_nano=columns.observed_time_unix_nano,
        severity_numbers=columns.severity_numbers[at : at + 1],
        severity_texts=columns.severity_texts[at : at + 1],
        bodies=[columns.bodies[at]],
        trace_ids=_select(columns.trace_ids, 16, [at]),
        span_ids=_select(columns.span_ids, 8, [at]),
        attributes=[columns.attributes[at]],
    ).SerializeToString()

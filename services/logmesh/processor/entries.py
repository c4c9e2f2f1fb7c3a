"""Sorts a batch's entries into those that are stored and dead letters. Whole columns are checked at once; only when that finds
something are entries looked at one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logmesh.processor.payload import Payload
from logmesh.record.entry import EntryRefused, check_body, count_texts, has_long_exponent, is_deep
from logmesh.record.kept import Kept, select
from logmesh.record.limits import (
    MAX_AGE,
    MAX_AHEAD,
    MAX_ATTRIBUTES,
    MAX_ATTRIBUTES_BYTES,
    MAX_BODY_BYTES,
)
from logmesh.record.storable import MAX_JSON_DEPTH
from logmesh.v1.record_pb2 import LogColumns

_MAX_AGE_NANO = int(MAX_AGE.total_seconds()) * 10**9
_MAX_AHEAD_NANO = int(MAX_AHEAD.total_seconds()) * 10**9
_LEAST_BYTES_PER_ATTRIBUTE = 5  # `"":0,`
_MAX_TIME = (1 << 63) - 1
MAX_SEVERITY = 24


@dataclass(frozen=True, slots=True)
class Moment:
    """When records are looked at, in nanoseconds: `now` by the database's clock, and how far that is `ahead` of this machine's.
    `earliest` is the least time that a record may have where it goes, None where that is some days ago.

    Not when they were received: a batch may have waited long in the log, and partitions are made around the database's today.
    """

    now: int
    ahead: int = 0
    earliest: int | None = None

    @property
    def low(self) -> int:
        """The earliest time that a record may have."""
        return self.now - _MAX_AGE_NANO if self.earliest is None else self.earliest

    @property
    def high(self) -> int:
        """The latest one."""
        return self.now + _MAX_AHEAD_NANO

    def fallback(self, observed: int, received: int) -> int:
        """The time of a record that has none: when its source read it, if that can be, or else when this machine received it."""
        return observed if self.low <= observed <= self.high else received + self.ahead


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that becomes a dead letter: its place in the batch, why, and itself, serialised."""

    entry: int
    reason: str
    content: bytes


def check_entries(
    payload: Payload, *, plain: bool = False, strict: bool = False, refused: dict[int, str] | None = None
) -> tuple[Kept, list[Refused]]:
    """Sort the entries of one batch. `plain`: texts and severities are known to be well. `strict` checks each entry, for batches
    that the database has refused; `refused` names entries that it refused all the same."""
    columns, entries = payload.columns, payload.entries
    dead = [Refused(*one) for one in payload.refused] if payload.refused else []
    bodies, attributes = payload.bodies, payload.attributes
    severities = columns.severity_numbers or bytes(len(bodies))
    if plain and not dead and not refused:
        return Kept(columns, entries, bodies, attributes, severities), dead
    bad = {at: refused[entry] for at, entry in enumerate(entries.tolist()) if entry in refused} if refused else {}
    if not plain:
        above = np.flatnonzero(np.frombuffer(severities, np.uint8) > MAX_SEVERITY)
        bad |= {int(at): "severity above 24" for at in above}
    checked = strict or not (plain or are_plain(bodies, attributes))
    if checked:
        bodies, attributes, more = _check_each(bodies, attributes)
        bad |= more

    kept = Kept(columns, entries, bodies, attributes, severities, checked=checked)
    if bad:
        dead += [Refused(int(entries[at]), reason, single(columns, at)) for at, reason in sorted(bad.items())]
        kept = kept.without(bad)
    if checked:
        kept.texts = count_texts(kept.attributes)
    return kept, dead


def are_plain(bodies: Sequence[bytes], attributes: Sequence[bytes]) -> bool:
    """Whether no entry can hurt: small, UTF-8, no NUL, attributes objects. What is inside the braces the database checks."""
    return bodies_are_plain(bodies) and _attributes_are_plain(attributes)


def clamp_times(times: Any, fallback: Any, moment: Moment) -> tuple[Any, dict[int, int]]:
    """Return times within the limits around `moment` (int64 nanoseconds) and, by row, the originals of those that were not.

    `fallback` stands for a time of 0: one number, or one a row.
    """
    low, high = np.uint64(moment.low), np.uint64(moment.high)
    known = np.where(times == 0, np.asarray(fallback, np.uint64), times)
    outside = np.flatnonzero((known < low) | (known > high))
    original = {int(at): min(int(known[at]), _MAX_TIME) for at in outside}
    return np.clip(known, low, high).astype(np.int64), original


def bodies_are_plain(bodies: Sequence[bytes]) -> bool:
    """Whether all are small, UTF-8, and without NUL."""
    joined = b"".join(bodies)
    return (
        b"\0" not in joined
        and _are_utf8(joined, bodies)
        and (len(joined) <= MAX_BODY_BYTES or max(map(len, bodies)) <= MAX_BODY_BYTES)
    )


def _attributes_are_plain(attributes: Sequence[bytes]) -> bool:
    joined = b"".join(attributes)
    lengths = np.fromiter(map(len, attributes), np.int64, len(attributes))
    first_bytes = np.frombuffer(joined, np.uint8)[(np.cumsum(lengths) - lengths)[lengths > 0]]
    return (
        bool((first_bytes == ord("{")).all())
        and b"\0" not in joined
        and (b"\\" not in joined or b"\\u0000" not in joined)  # one byte is found at a tenth of the cost
        and _are_utf8(joined, attributes)
        and not has_long_exponent(joined)
        and lengths.max(initial=0) <= min(MAX_ATTRIBUTES_BYTES, MAX_ATTRIBUTES * _LEAST_BYTES_PER_ATTRIBUTE)
        and not (lengths.max(initial=0) > 2 * MAX_JSON_DEPTH and any(map(is_deep, attributes)))
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


def single(columns: LogColumns, at: int) -> bytes:
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
        trace_ids=select(columns.trace_ids, 16, [at]),
        span_ids=select(columns.span_ids, 8, [at]),
        attributes=columns.attributes[at : at + 1],
        observed_times_unix_nano=select(columns.observed_times_unix_nano, 8, [at]),
        structured_bodies=columns.structured_bodies[at : at + 1],
        event_names=columns.event_names[at : at + 1],
        flags=columns.flags[at : at + 1],
        dropped_attributes_counts=columns.dropped_attributes_counts[at : at + 1],
    ).SerializeToString()

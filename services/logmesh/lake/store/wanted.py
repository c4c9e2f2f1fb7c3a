"""Matches between two places, in order: what is wanted of them, what one is, and how parts of them become one. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from logmesh.filters.ast import Node
from logmesh.store.order import Cursor
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord


@dataclass(frozen=True, slots=True)
class Wanted:
    """The first `most` matches behind `low` and before `high`, newest or oldest first; only those with these ids, by spool and
    position, where there are any. What is read at once takes about `max_bytes`. With `characters`, only faces are
    read: bodies are cut to so many, and no record can be made."""

    node: Node
    low: Cursor
    high: Cursor
    most: int
    newest_first: bool = True
    ids: Sequence[tuple[int, int]] = ()
    max_bytes: int = 1 << 62
    characters: int | None = None

    @property
    def span(self) -> TimeRange:
        """The times that they may have."""
        return TimeRange(self.low.unix_nano, max(self.low.unix_nano, self.high.unix_nano + (self.high.spool >= 0)))

    def behind(self, matches: "Sequence[Match]") -> "Wanted":
        """What is left when these are found."""
        last, most = matches[-1].place, self.most - len(matches)
        return replace(self, high=last, most=most) if self.newest_first else replace(self, low=last, most=most)

    def has(self, match: "Match") -> bool:
        """Whether it is between the two places."""
        return _key(self.low) < key_of(match) < _key(self.high)


class Match:
    """One record's place, about how many bytes it has, and the record when it is asked for."""

    __slots__ = ("_make", "_row", "place", "size")

    def __init__(self, place: Cursor, row: Any, make: Callable[[Any], LogRecord]) -> None:
        self.place, self._row, self._make = place, row, make
        self.size = len(row["body"]) + len(str(row["attributes"] or ""))

    def face(self, characters: int) -> tuple[int, str, str]:
        """Severity, service, and the beginning of the body."""
        return self._row["severity"], self._row["service"], self._row["body"][:characters]

    def record(self) -> LogRecord:
        """The record, made anew."""
        return self._make(self._row)


class Part(NamedTuple):
    """The first matches, in order; not `whole` where more follow, for there was no room for them."""

    matches: list[Match]
    whole: bool = True


def key_of(match: Match) -> tuple[int, int, int]:
    """Its place in the order of records."""
    return _key(match.place)


def _key(place: Cursor) -> tuple[int, int, int]:
    return place.unix_nano, place.spool, place.position


def merged(wanted: Wanted, *parts: Part) -> Part:
    """The first of all parts, in order, as far as none lacks any."""
    everything = [match for part in parts for match in part.matches]
    everything.sort(key=key_of, reverse=wanted.newest_first)
    ends = [key_of(part.matches[-1]) for part in parts if not part.whole]
    if ends:
        end = max(ends) if wanted.newest_first else min(ends)
        known = [
            match for match in everything if (key_of(match) >= end if wanted.newest_first else key_of(match) <= end)
        ]
        return Part(known[: wanted.most], whole=len(known) >= wanted.most)
    return Part(everything[: wanted.most])


def within(part: Part, max_bytes: int) -> Part:
    """The first of a part until they take more than `max_bytes`."""
    size = 0
    for count, match in enumerate(part.matches, 1):
        size += match.size
        if size > max_bytes and count < len(part.matches):
            return Part(part.matches[:count], whole=False)
    return part

"""What is known of the time while a stream is read: its zone, when it is read, and what the lines before said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from logmesh.producer.timestamps.calendar import DAY
from logmesh.producer.timestamps.zones import QUARTER, UTC_ZONE, Zone, zone_offset

SECOND: Final = 1_000_000_000
_KNOWN: Final = 64
_DISORDER: Final = 60
"""By how many seconds the lines of one stream may be out of order."""
_JUST_NOW: Final = 60
_LIVE: Final = 3600
_AHEAD: Final = 600


class Clock:
    """One a stream, given to whatever reads a time. `reference` is the time of reading (of an old file, that of its last change)."""

    __slots__ = (
        "_day",
        "_local",
        "_local_read_at",
        "_offset_of",
        "_or_utc",
        "_quarter",
        "_unsure",
        "backlog",
        "fitting",
        "format",
        "known",
        "last",
        "misfits",
        "order",
        "place",
        "read_at",
        "reference",
        "wrapper",
        "zone",
    )

    def __init__(self, zone: Zone = UTC_ZONE, reference_unix_nano: int = 0, *, or_utc: bool = False) -> None:
        """`or_utc`: the zone is a guess, which times that are yet to come disprove."""
        self.zone = zone
        self._or_utc = or_utc
        self.reference = 0
        """In seconds since 1970."""
        self.last = 0
        """Of the last record with a time, in nanoseconds since 1970; 0 before the first."""
        self.backlog = False
        """Whether what is read was written some time before."""
        self.order = ""
        """How this stream writes a day in numbers, such as `mdy`, once a line has shown it."""
        # Lines come in order, so that most share their minute with the one before.
        self.known: dict[str, dict[bytes, int]] = {}
        """Of each kind of time, by its name: seconds by their text."""
        self.place: tuple[re.Pattern[bytes], Callable[[re.Match[bytes], Clock], int], int, bytes] | None = None
        """Where the line before had its time: what finds it, what reads it, its column, and what stood before it."""
        self.format: Any = None
        """What the lines before were read by: a format of the table, which this package does not know."""
        self.fitting: dict[bytes, Any] = {}
        """What other lines were read by, by how they begin: some streams mix several."""
        self.wrapper: Any = None
        """What reads the prefix before them, where there is one."""
        self.misfits = 0
        """How many lines came since one that was in a format of the table."""
        self._unsure = False
        self._quarter, self._offset_of = -1, 0
        self._local_read_at, self._local = -1, 0
        self._day = self.read_at = -1
        self.set(reference_unix_nano)

    def set(self, reference_unix_nano: int) -> None:
        """What follows is read at this time."""
        self.read_at, self.reference = reference_unix_nano, reference_unix_nano // SECOND
        if self._day != self.reference // DAY:
            self._day = self.reference // DAY
            self.known.clear()

    def remember(self, known: dict[bytes, int], text: bytes, seconds: int) -> None:
        """Keeps in `known` what was found, if the same text says the same in another line."""
        if self._unsure:
            self._unsure = False
            return
        if len(known) >= _KNOWN:
            known.clear()
        known[text] = seconds

    def learn_order(self, order: str) -> None:
        """A line has shown how this stream writes a day in numbers; what was found before may be another day."""
        if self.order != order:
            self.order = order
            self.known.clear()

    def unix(self, local: int, zone: bytes = b"") -> int:
        """Seconds since 1970 in UTC of what a line's clock showed, in the zone that the line names, else in this clock's."""
        if not local:
            return 0
        if zone and (offset := self._named(zone, local)) is not None:
            return max(local - offset, 0)
        if self.zone.fixed is not None:
            return max(local - self.zone.fixed, 0)
        if self._or_utc and self._must_be_utc(local):
            self.zone, self._or_utc = UTC_ZONE, False
            self.known.clear()
            self._local_read_at = -1
            return local
        if local // QUARTER == self._quarter:
            return max(local - self._offset_of, 0)
        first, second = self.zone.offsets(local)
        if first == second:
            self._quarter, self._offset_of = local // QUARTER, first
            return max(local - first, 0)
        return self._either(local - first, local - second)

    def local_reference(self) -> int:
        """What the stream's clock shows while it is read."""
        if self._local_read_at != self.read_at:
            self._local_read_at, self._local = self.read_at, self.zone.local(self.reference)
        return self._local

    def depends(self) -> None:
        """What is being found depends on more than its text."""
        self._unsure = True

    def _must_be_utc(self, local: int) -> bool:
        """Whether a time would be yet to come in this zone, and would not in UTC, as a container's is west of Greenwich."""
        latest = self.reference + _AHEAD
        return local <= latest < local - max(self.zone.offsets(local))

    def _either(self, first: int, second: int) -> int:
        """Where the clocks are put back, one hour comes twice: which of them it is the lines before say, or the time of reading."""
        self._unsure = True
        if first > second:  # the clocks were put forward, and this hour was left out
            return max(first, 0)
        ago = self.reference - second
        if self.last // SECOND > first + _DISORDER or 0 <= ago < _JUST_NOW:
            return second
        return second if 0 <= ago < _LIVE and self.last // SECOND < first - _DISORDER else max(first, 0)

    def _named(self, zone: bytes, local: int) -> int | None:
        if (offset := zone_offset(zone)) is not None:
            return offset
        return self.zone.named(zone.decode("ascii", "replace").upper(), local)

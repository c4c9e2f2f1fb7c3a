"""Reads the lines of one stream in order: what one says helps to read the next."""

from logmesh.producer.formats.format import Format, FormatByFunction
from logmesh.producer.parsed import Parsed
from logmesh.producer.parsing import parse_line
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.zones import Zone


class StreamParser:
    """One a file, or a pipe. `last` is the time of the last record that said one, in nanoseconds; 0 before the first."""

    __slots__ = ("_clock",)

    def __init__(self, zone: Zone, *, or_utc: bool = False) -> None:
        """`or_utc`: the zone is a guess; times that are yet to come in it, and not in UTC, are UTC."""
        self._clock = Clock(zone, or_utc=or_utc)

    @property
    def last(self) -> int:
        """Of the last record with a time."""
        return self._clock.last

    @last.setter
    def last(self, unix_nano: int) -> None:
        self._clock.last = unix_nano

    def parse(self, line: bytes, reference_unix_nano: int, *, live: bool) -> Parsed:
        """What a record's first line says.

        `reference_unix_nano` is the time of reading, or of an old file that of its last change. A record without a time has that of
        the record before it, unless it is `live`: then it is being written now, however long ago that one was.
        """
        if line.startswith(b"\0"):
            # A hole, which a writer leaves that goes on where it was in a file that was emptied.
            line = line.lstrip(b"\0")
        clock = self._clock
        if reference_unix_nano != clock.read_at:
            clock.set(reference_unix_nano)
        clock.backlog = not live
        # Colours are taken out first, or a line would say something else than the same line at the stream's beginning.
        kept: Format | FormatByFunction | None = (clock.wrapper or clock.format) if b"\x1b" not in line else None
        try:
            parsed = (kept.read(line, clock) if kept is not None else None) or parse_line(line, clock, kept)
        except RecursionError:
            parsed = parse_line(line, clock)
        if parsed.time_unix_nano:
            clock.last = parsed.time_unix_nano
        elif clock.last and not live:
            return parsed.at(clock.last)
        return parsed

"""Finds the format of the table that a line is in: first the one that fitted the lines before, then those that may begin so."""

from typing import Final

from logmesh.producer.formats.format import Format, FormatByFunction
from logmesh.producer.formats.table import FORMATS
from logmesh.producer.joining.beginnings import SHAPES
from logmesh.producer.parsed import Parsed
from logmesh.producer.timestamps.clock import Clock

_DATE: Final = 0


def likeness(line: bytes) -> int:
    """Lines that begin alike have the same: by their first byte, and whether that begins a year."""
    first = line[0]
    if 0x30 <= first <= 0x39:
        return _DATE if line[4:5] in _DATE_MARKS and line[:4].isdigit() else 0x30
    if 0x41 <= first <= 0x5A:
        return 0x41
    return 0x61 if 0x61 <= first <= 0x7A else first


_DATE_MARKS: Final = (b"-", b"/", b".")


def _by_likeness(*, loose: bool) -> tuple[tuple[Format | FormatByFunction, ...], ...]:
    begins = {one: {likeness(example.line) for example in one.examples} for one in FORMATS if one.loose == loose}
    return tuple(tuple(one for one, ways in begins.items() if way in ways) for way in range(256))


PARTICULAR: Final = _by_likeness(loose=False)
LOOSE: Final = _by_likeness(loose=True)
"""Formats of which an example begins alike, in the table's order. What loose ones say is found without them, too, only slower."""

_PATIENCE: Final = 16
"""After so many lines that are in no loose format, only one in so many is compared with them."""
_BEGINNING: Final = 24
_MAX_BEGINNINGS: Final = 64


def keep(fitting: Format | FormatByFunction, line: bytes, clock: Clock) -> None:
    """The lines that follow are read by this one first, and later ones that begin as this line does before others are tried."""
    clock.format, clock.misfits = fitting, 0
    if len(clock.fitting) >= _MAX_BEGINNINGS:
        clock.fitting.clear()
    clock.fitting[line[:_BEGINNING].translate(SHAPES)] = fitting


def read_by_kept(line: bytes, clock: Clock, tried: Format | FormatByFunction | None) -> Parsed | None:
    """What the line says in the format of the line before, or in that of the last one that began as it does; `tried` was the first."""
    kept: Format | FormatByFunction | None = clock.format
    if kept is None:
        return None
    if kept is not tried and (parsed := kept.read(line, clock)):
        return parsed
    other: Format | FormatByFunction | None = clock.fitting.get(line[:_BEGINNING].translate(SHAPES))
    if other is None or other is kept or not (parsed := other.read(line, clock)):
        return None
    clock.format = other
    return parsed


def read_by_table(line: bytes, clock: Clock) -> Parsed | None:
    """What the line says in the first format of the table that fits, which is kept for the lines that follow."""
    if not line:
        return None
    alike = likeness(line)
    for one in PARTICULAR[alike]:
        if parsed := one.read(line, clock):
            keep(one, line, clock)
            return parsed
    clock.misfits += 1
    if clock.misfits > _PATIENCE and clock.misfits % _PATIENCE:
        return None
    for one in LOOSE[alike]:
        if parsed := one.read(line, clock):
            keep(one, line, clock)
            return parsed
    return None

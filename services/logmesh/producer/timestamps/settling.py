"""Settles which time a record has that two speak of: who wrote the line, and the runtime that took it."""

from typing import Final

from logmesh.producer.timestamps.clock import SECOND

_HALF_HOUR: Final = 1800 * SECOND
_DELAY: Final = 30 * SECOND
_WIDEST: Final = 14 * 3600 * SECOND


def settle(line_unix_nano: int, runtime_unix_nano: int) -> int:
    """The time of a line for which a container's runtime has one as well; 0 is none.

    The line's own is nearer to what happened. Where both differ by a zone, which the line does not name, it is put right; what
    would have been logged after the runtime took it is no time of the record, but a date that it speaks of.
    """
    if not line_unix_nano or not runtime_unix_nano:
        return line_unix_nano or runtime_unix_nano
    ahead = line_unix_nano - runtime_unix_nano
    zone = (ahead + _DELAY) // _HALF_HOUR * _HALF_HOUR
    if -_DELAY <= ahead - zone <= _DELAY and -_WIDEST <= zone <= _WIDEST:
        return line_unix_nano - zone
    return line_unix_nano if ahead < 0 else runtime_unix_nano

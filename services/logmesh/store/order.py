"""Places in the order of records, which is by time, spool and position."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the order of records: what comes before it is still to be looked at.

    `spool` and `position` are -1 for the place just before every record of that time.
    """

    unix_nano: int
    spool: int = -1
    position: int = -1


class Window(NamedTuple):
    """Records from `start_unix_nano`, included, to before a place."""

    start_unix_nano: int
    before: Cursor

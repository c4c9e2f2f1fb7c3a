"""Which tests go to one process of several: those of a file, and of all files that share a `logmesh up`."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadFileScheduling

_ROOT: Final = Path(__file__).parent.parent
_SHARES_UP: Final = re.compile(r"\bup: Running\b")
"""The fixture, as tests that ask for it write it."""


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Whole files; a `logmesh up` that several share is started once."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(str(super()._split_scope(nodeid)))


@cache
def scope_of(file: str) -> str:
    """What all tests of a file, as ids name it, go to one process with."""
    return "up" if _SHARES_UP.search((_ROOT / file).read_text()) else file

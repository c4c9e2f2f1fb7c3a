"""Which tests go to one process of several: those of a file, and of all files that share what takes long to make."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadFileScheduling

_ROOT: Final = Path(__file__).parent.parent
_SHARED: Final = {
    "up": re.compile(r"\bup: Running\b"),
    "rendered": re.compile(r"\bobjects: tuple\[Object|\bscripts\.manifests import .*\brender\b"),
}
"""A running `logmesh up`, and what kubectl renders of the manifests: each as tests that ask for it write it."""


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Whole files; what several share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(str(super()._split_scope(nodeid)))


@cache
def scope_of(file: str) -> str:
    """What all tests of a file, as ids name it, go to one process with."""
    text = (_ROOT / file).read_text()
    return next((name for name, asked in _SHARED.items() if asked.search(text)), file)

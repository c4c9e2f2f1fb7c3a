"""The next segment is made in the background while there is one, and at once when the interpreter is ending."""

import os
from pathlib import Path

from logmesh.journal.ahead import NextSegment
from logmesh.journal.durability import Durability


def test_an_interpreter_that_is_ending_still_gets_its_segment(tmp_path: Path) -> None:
    ahead = NextSegment(tmp_path, 1 << 16, Durability(os.fdatasync, os.fsync), None)
    ahead.close()  # as the exit does to every pool of threads: it takes no more work
    ahead.make(1)
    segment = ahead.take()
    assert segment is not None
    assert segment.path.stat().st_size == 1 << 16

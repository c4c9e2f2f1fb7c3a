"""Slows flushes down where merging has fallen far behind: each question opens every file that nobody has merged.

It is the last resort: producers notice, for the log fills. Long before, an alert has said that no keeper keeps up.
"""

import time
from typing import Final

import asyncpg

from logmesh.runtime import metrics

SLOW_FILES: Final = 4_096
"""Files of one tenant that were never merged; more, and flushes wait. Sixteen make one of the next level, so some dozens are well."""
PAUSE_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 5.0


class Behind:
    """How far merging has fallen behind, asked of the database now and then."""

    def __init__(self) -> None:
        self._looked = -_LOOK_SECONDS
        self._files = 0

    @property
    def pause_seconds(self) -> float:
        """How long the next flush is to wait."""
        return PAUSE_SECONDS if self._files > SLOW_FILES else 0.0

    async def look(self, connection: "asyncpg.Connection") -> None:
        """Ask anew, if it is time. Raises what asyncpg raises."""
        now = time.monotonic()
        if now < self._looked + _LOOK_SECONDS:
            return
        self._files = await connection.fetchval("SELECT logmesh.unmerged_files()")
        self._looked = now
        metrics.LAKE_UNMERGED_FILES.set(self._files)

"""What is known of the lake, on /metrics: of the keeper that leads alone."""

import time
from typing import Final

import asyncpg

from logmesh.lake.tending.merge import FEW_FILES, FILES, LEVELS, MOST_BYTES, WAITED_SECONDS
from logmesh.runtime import metrics
from logmesh.storage.sql import load

_EVERY_SECONDS: Final = 10.0
"""They are read of the whole catalog."""
_OF_LEVELS: Final = (metrics.LAKE_FILES, metrics.LAKE_BYTES, metrics.LAKE_ROWS)
_GAUGES: Final = (
    metrics.LAKE_HOT_BYTES,
    metrics.LAKE_UNSEALED_SECONDS,
    metrics.LAKE_MERGE_BACKLOG,
    metrics.LAKE_UNMERGED_FILES,
    metrics.LAKE_DAMAGED_FILES,
    metrics.LAKE_UNCHECKED_SECONDS,
    metrics.LAKE_ROUND_SECONDS,
)
_UNKNOWN: Final = float("nan")


class Figures:
    """Shown from the first `show` until `hide`."""

    def __init__(self) -> None:
        self._read = -_EVERY_SECONDS
        self.hide()

    async def show(self, connection: "asyncpg.Connection") -> None:
        """Read and show them, now and then. Raises what asyncpg raises."""
        if time.monotonic() < self._read + _EVERY_SECONDS:
            return
        levels = await connection.fetch(load("sum_files"), LEVELS)
        whole = await connection.fetchrow(load("sum_lake"), LEVELS, FILES, MOST_BYTES, FEW_FILES, WAITED_SECONDS)
        if whole is None:
            raise AssertionError("it has one row")
        for row in levels:
            for gauge, value in zip(_OF_LEVELS, (row["files"], row["bytes"], row["rows"]), strict=True):
                gauge.labels(str(row["level"])).set(value)
        for state in ("open", "closed", "sealed"):
            metrics.LAKE_GENERATIONS.labels(state).set(whole[state])
        metrics.LAKE_HOT_BYTES.set(whole["hot_bytes"])
        metrics.LAKE_UNSEALED_SECONDS.set(whole["unsealed_seconds"])
        metrics.LAKE_MERGE_BACKLOG.set(whole["backlog"])
        metrics.LAKE_UNMERGED_FILES.set(whole["unmerged"])
        metrics.LAKE_DAMAGED_FILES.set(whole["damaged"])
        metrics.LAKE_UNCHECKED_SECONDS.set(whole["unchecked_seconds"])
        metrics.LAKE_LEADS.set(1)
        self._read = time.monotonic()

    def hide(self) -> None:
        """Show nothing: this keeper doesn't know."""
        for of_level in (*_OF_LEVELS, metrics.LAKE_GENERATIONS):
            of_level.clear()
        for gauge in _GAUGES:
            gauge.set(_UNKNOWN)
        metrics.LAKE_LEADS.set(0)
        self._read = -_EVERY_SECONDS

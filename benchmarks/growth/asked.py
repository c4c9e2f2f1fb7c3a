"""Questions whose cost is watched while a lake grows, in CPU milliseconds."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

from benchmarks.growth.grown import Grown
from logmesh.filters import parse_field, parse_filter
from logmesh.filters.fields import LEVELS
from logmesh.store.counts import Buckets
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange

_SECONDS = 60.0


class Asking:
    """Asks as one tenant."""

    def __init__(self, lake: Grown, tenant: str, repeats: int) -> None:
        self._lake, self._tenant, self._repeats = lake, tenant, repeats

    async def cost(self, ask: Callable[[], Awaitable[int]]) -> tuple[int, float]:
        """What it answers, and the mean of its CPU milliseconds once it was asked before."""
        await ask()
        began = self._lake.cpu()
        for _ in range(self._repeats):
            answer = await ask()
        return answer, (self._lake.cpu() - began) / self._repeats * 1_000

    async def search(self, text: str, span: TimeRange, most: int = 100) -> int:
        """How many of the newest `most` there are."""
        window = Window(span.start_unix_nano, Cursor(span.end_unix_nano))
        parts = self._lake.store.search(self._tenant, parse_filter(text), window, most, seconds=_SECONDS)
        async with aclosing(parts):
            return sum([len(part) async for part in parts])

    async def count(self, text: str, span: TimeRange, buckets: int = 60) -> int:
        """How many match, counted by level in so many buckets."""
        of = Buckets(span.start_unix_nano, -(-span.length_nano // buckets), buckets, span)
        counted = await self._lake.store.count_keys(
            self._tenant, parse_filter(text), span, of, parse_field("level"), LEVELS, seconds=_SECONDS
        )
        return sum(one.records for one in counted)

    async def top(self, field: str, span: TimeRange) -> int:
        """How many records the ten most frequent values have."""
        (found,) = await self._lake.store.facets(
            self._tenant, parse_filter(""), span, [parse_field(field)], 10, newest=None, seconds=_SECONDS
        )
        return sum(records for _, records in found.values)

    async def trace(self, trace: bytes, span: TimeRange) -> int:
        """How many records a trace has."""
        return len(await self._lake.store.trace(self._tenant, trace, span, 1_000, max_bytes=1 << 24, seconds=_SECONDS))

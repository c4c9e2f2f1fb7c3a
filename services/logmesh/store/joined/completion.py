"""What records of two stores have, to complete a filter by."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Final

from logmesh.store.joined.asking import AsksBoth, Deadline
from logmesh.store.time_range import TimeRange

_MORE: Final = 4
"""Times as many values are asked for: one that is rare in one store may be frequent in both."""


class CompletionInBoth(AsksBoth):
    """What a filter may be completed by."""

    async def count_some(self, tenant: str, span: TimeRange, most: int, *, seconds: float) -> int:
        """See Store."""
        deadline = Deadline(seconds)
        found = await self._newer.count_some(tenant, span, most, seconds=deadline.left())
        if found >= most or (part := await self._in_older(span, deadline)) is None:
            return found
        return found + await self._older.count_some(tenant, part, most - found, seconds=deadline.left())

    async def keys(
        self, tenant: str, column: str, typed: str, most: int, *, span: TimeRange, newest: TimeRange, seconds: float
    ) -> Sequence[tuple[str, str]]:
        """See Store. How frequent a key is no store says: one that both put first is first, then theirs by turns."""
        deadline = Deadline(seconds)
        found = await self._newer.keys(tenant, column, typed, most, span=span, newest=newest, seconds=deadline.left())
        looked_at = newest if column == "attributes" else span
        if await self._in_older(looked_at, deadline) is None:
            return found
        before = await self._older.keys(tenant, column, typed, most, span=span, newest=newest, seconds=deadline.left())
        by_turns = dict.fromkeys(key for key in chain(*zip_longest(found, before)) if key is not None)
        return sorted(by_turns, key=lambda key: not _begins(key[1], typed))[:most]

    async def values(
        self, tenant: str, field: Sequence[str], typed: str, most: int, *, span: TimeRange, seconds: float
    ) -> Sequence[tuple[str, int]]:
        """See Store."""
        deadline = Deadline(seconds)
        found = await self._newer.values(tenant, field, typed, most * _MORE, span=span, seconds=deadline.left())
        part = await self._in_older(span, deadline)
        if part is None:
            return found[:most]
        before = await self._older.values(tenant, field, typed, most * _MORE, span=part, seconds=deadline.left())
        both = Counter(dict(found))
        both.update(dict(before))
        return sorted(both.items(), key=lambda one: (not _begins(one[0], typed), -one[1], one[0]))[:most]


def _begins(text: str, typed: str) -> bool:
    return text.lower().startswith(typed.lower())

"""Matches of a window, newest first, found stretch by stretch: few records first, so that the first match comes soon."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from typing import Final

from logmesh.filters.ast import Node
from logmesh.lake.reading.errors import FileGone
from logmesh.lake.store.asking import Replans, answering
from logmesh.lake.store.hot_matches import hot_matches
from logmesh.lake.store.matches import FoundInLake, MatchesInLake
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.wanted import Match, Part, Wanted, merged
from logmesh.store.found import Found
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import ANY_TIME

_MOST_AT_ONCE: Final = 64
_MOST_BYTES: Final = 4 << 20


class SearchInLake(MatchesInLake):
    """Searches."""

    first_look_nano = ANY_TIME.length_nano
    """The catalog says how far to look at once, and each question has to read it."""

    async def search(
        self, tenant: str, node: Node, window: Window, most: int, *, seconds: float, is_rare: bool = False
    ) -> AsyncGenerator[Found, None]:
        """See Store. What is rare needs no other look: the catalog says where it can't be."""
        plan = Plan(node)
        wanted = Wanted(node, Cursor(window.start_unix_nano), window.before, most, max_bytes=_MOST_BYTES)
        replans = Replans()
        while True:
            async with answering(seconds):
                files, hot = await self.snapshot(tenant, plan, wanted.span, seconds, hot_matches(wanted))
            floor = wanted.low if hot.whole else _before(hot.matches[-1].place)
            for stop in plan.stretches(files, floor.unix_nano, wanted.high.unix_nano, wanted.most):
                low, whole = floor if stop == floor.unix_nano else Cursor(stop), False
                while not whole:
                    stretch = replace(wanted, low=low)
                    try:
                        async with answering(seconds):
                            in_files = await self.in_files(stretch, plan, files)
                    except FileGone as error:
                        replans.count(error)
                        break  # what is left is planned again
                    found, whole = merged(stretch, in_files, Part(list(filter(stretch.has, hot.matches))))
                    for part in _parts(found, low):
                        yield part
                    reached = low if whole else found[-1].place
                    wanted = replace(wanted, high=reached, most=wanted.most - len(found))
                    if wanted.most == 0:
                        return
                if not whole:
                    break
            else:
                if hot.whole:
                    return
                wanted = replace(wanted, high=hot.matches[-1].place)


def _before(place: Cursor) -> Cursor:
    """The place just before a record, so that it is behind that."""
    return Cursor(place.unix_nano, place.spool, place.position - 1)


def _parts(matches: Sequence[Match], low: Cursor) -> Iterator[FoundInLake]:
    """Some at a time; where there are none, that so much was looked at in vain."""
    part: list[Match] = []
    size = 0
    for match in matches:
        part.append(match)
        size += match.size
        if len(part) == _MOST_AT_ONCE or size > _MOST_BYTES:
            yield FoundInLake(part, match.place)
            part, size = [], 0
    if part or not matches:
        yield FoundInLake(part, part[-1].place if part else low)

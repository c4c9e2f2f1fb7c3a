"""ListPatterns: templates of the newest bodies that match, and which of them the period before does not know.

Of each period the newest SAMPLE records are looked at, of each body the beginning. Bodies are masked in a thread: the event
loop goes on with other calls.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from logmesh.filters import parse_filter
from logmesh.filters.ast import Node
from logmesh.gateway.answers.examples import examples
from logmesh.gateway.figures.masking import mask
from logmesh.gateway.requests.checks import read_limit, read_range
from logmesh.gateway.walking.walk import walk
from logmesh.store.found import Bodies
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.query_service_pb2 import ListPatternsRequest, ListPatternsResponse, Pattern

SAMPLE: Final = 20_000
BODY_CHARACTERS: Final = 1_000
MAX_SERVICES: Final = 10


@dataclass(frozen=True, slots=True)
class PatternsQuery:
    """Which records to find templates of, and how many templates."""

    filter: Node
    range: TimeRange
    page_size: int


@dataclass(slots=True)
class Tally:
    """What is known of one template. `newest` is its newest record."""

    newest: Cursor
    count: int = 0
    severity: int = 0
    services: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Templates:
    """Templates of `counted` records; `exact` when those are all of the range, `decided` when they are all or a full sample."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    counted: int = 0
    exact: bool = False
    decided: bool = False

    def add(self, bodies: Bodies) -> None:
        """Count them; those that come first are the newest."""
        for index, (severity, service, body) in enumerate(bodies):
            template = mask(body)
            tally = self.tallies.get(template)
            if tally is None:
                tally = self.tallies[template] = Tally(bodies.place(index))
            tally.count += 1
            tally.severity = max(tally.severity, severity)
            if len(tally.services) < MAX_SERVICES:
                tally.services[service] = None
            self.counted += 1

    def most_frequent(self, most: int) -> list[tuple[str, Tally]]:
        """The first `most` of them, in the order of their counts."""
        return sorted(self.tallies.items(), key=lambda item: (-item[1].count, item[0]))[:most]


def read_patterns(request: ListPatternsRequest, now_unix_nano: int) -> PatternsQuery:
    """The query that a request asks for. Raises FilterError or RequestError."""
    page_size = read_limit("page_size", request.page_size, default=20, most=200)
    return PatternsQuery(parse_filter(request.filter), read_range(request, now_unix_nano), page_size)


async def list_patterns(store: Store, tenant: str, query: PatternsQuery, seconds: float) -> ListPatternsResponse:
    """Look within about `seconds`. Raises StoreError."""
    deadline = time.monotonic() + seconds
    now = await _templates(store, tenant, query.filter, query.range, deadline)
    earlier = query.range.earlier(query.range.length_nano)
    before = await _templates(store, tenant, query.filter, earlier, deadline)
    chosen = now.most_frequent(query.page_size)
    newest = await examples(store, tenant, [tally.newest for _, tally in chosen], seconds=seconds)
    patterns = [
        Pattern(
            template=template,
            count=tally.count,
            severity_number=tally.severity,  # type: ignore[arg-type]  # stored as a number of the enum
            services=tally.services,
            example=newest.get(tally.newest),
            # What could not be looked for is not called new.
            is_new=before.decided and template not in before.tallies,
        )
        for template, tally in chosen
    ]
    return ListPatternsResponse(patterns=patterns, counted=now.counted, exact=now.exact)


async def _templates(store: Store, tenant: str, node: Node, span: TimeRange, deadline: float) -> Templates:
    found = Templates()

    async def look(window: TimeRange, seconds: float) -> bool:
        most = SAMPLE - found.counted
        bodies = await store.bodies(tenant, node, window, most, characters=BODY_CHARACTERS, seconds=seconds)
        await asyncio.to_thread(found.add, bodies)
        return len(bodies) == most

    reached = await walk(span, deadline, look)
    full = found.counted == SAMPLE
    found.exact = reached == span.start_unix_nano and not full
    found.decided = found.exact or full
    return found

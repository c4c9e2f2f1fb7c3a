"""Sums by service of two stores."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from logmesh.filters.ast import EVERYTHING
from logmesh.filters.fields import Column
from logmesh.store.counts import Buckets, Totals
from logmesh.store.joined.asking import AsksBoth, Deadline, overlap
from logmesh.store.microseconds import to_microseconds
from logmesh.store.time_range import TimeRange

_MINUTE_NANO: Final = 60 * 10**9
_SERVICE: Final = Column("service")
_SERVICES: Final = 1 << 20
"""How many are told apart: all."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

ByService = Mapping[str, Totals]


class TotalsInBoth(AsksBoth):
    """Sums by service."""

    async def totals(self, tenant: str, spans: Sequence[TimeRange], *, seconds: float) -> Sequence[ByService]:
        """See Store. A minute in which both have records of a service is one minute."""
        deadline = Deadline(seconds)
        found = [dict(one) for one in await self._newer.totals(tenant, spans, seconds=deadline.left())]
        parts = [await self._in_older(span, deadline) for span in spans]
        asked = [part for part in parts if part is not None]
        before = iter(await self._older.totals(tenant, asked, seconds=deadline.left()) if asked else ())
        for span, of_span, part in zip(spans, found, parts, strict=True):
            if part is not None:
                of_older = next(before)
                shared = await self._shared_minutes(tenant, span, of_span, of_older, deadline)
                for service, one in of_older.items():
                    of_span[service] = _sum(of_span.get(service), one, shared.get(service, 0))
        return found

    async def written_live(self, tenant: str, totals: ByService, *, seconds: float) -> Collection[str]:
        """See Store. What a service has in both is judged by the longer part of it: the shorter one may be a moment alone."""
        deadline = Deadline(seconds)
        times = [(one.oldest, one.newest) for one in totals.values() if one.oldest and one.newest]
        span = TimeRange(
            _nano(min((low for low, _ in times), default=_EPOCH)),
            _nano(max((high for _, high in times), default=_EPOCH)) + _MINUTE_NANO,
        )
        part = await self._in_older(span, deadline)
        if part is None:
            return await self._newer.written_live(tenant, totals, seconds=deadline.left())
        (of_newer,) = await self._newer.totals(tenant, [span], seconds=deadline.left())
        (of_older,) = await self._older.totals(tenant, [part], seconds=deadline.left())
        in_newer = {
            service: of_newer[service]
            for service in totals.keys() & of_newer.keys()
            if _length(of_newer[service]) >= _length(of_older.get(service))
        }
        in_older = {service: of_older[service] for service in totals.keys() & of_older.keys() - in_newer.keys()}
        return [
            *(await self._newer.written_live(tenant, in_newer, seconds=deadline.left()) if in_newer else ()),
            *(await self._older.written_live(tenant, in_older, seconds=deadline.left()) if in_older else ()),
        ]

    async def _shared_minutes(
        self, tenant: str, span: TimeRange, of_newer: ByService, of_older: ByService, deadline: Deadline
    ) -> dict[str, int]:
        """In how many minutes both have records of a service."""
        times = [
            times
            for service, one in of_older.items()
            if service in of_newer and (times := _times_of_both(one, of_newer[service]))
        ]
        if not times:
            return {}
        whole = TimeRange(_nano(min(low for low, _ in times)), _nano(max(high for _, high in times)) + _MINUTE_NANO)
        if (part := overlap(whole, span)) is None:
            return {}
        minutes = Buckets(whole.start_unix_nano, _MINUTE_NANO, whole.length_nano // _MINUTE_NANO, part)
        of_both = []
        for store in (self._newer, self._older):
            counted = await store.count_values(
                tenant, EVERYTHING, part, minutes, _SERVICE, _SERVICES, seconds=deadline.left()
            )
            of_both.append({(one.bucket, one.value) for one in counted if one.value is not None})
        return Counter(service for _, service in of_both[0] & of_both[1])


def _times_of_both(one: Totals, other: Totals) -> tuple[datetime, datetime] | None:
    """The first and the last minute that may be of both."""
    if not one.oldest or not one.newest or not other.oldest or not other.newest:
        return None
    low, high = max(one.oldest, other.oldest), min(one.newest, other.newest)
    return (low, high) if low <= high else None


def _sum(one: Totals | None, other: Totals, shared: int) -> Totals:
    if one is None:
        return other
    oldest = [time for time in (one.oldest, other.oldest) if time]
    newest = [time for time in (one.newest, other.newest) if time]
    return Totals(
        one.records + other.records,
        one.errors + other.errors,
        one.fatal + other.fatal,
        one.minutes + other.minutes - shared,
        min(oldest, default=None),
        max(newest, default=None),
    )


def _length(totals: Totals | None) -> timedelta:
    """How long a part is; of one that is not there, less than any."""
    if totals is None or totals.oldest is None or totals.newest is None:
        return timedelta(-1)
    return totals.newest - totals.oldest


def _nano(time: datetime) -> int:
    return to_microseconds(time) * 1_000

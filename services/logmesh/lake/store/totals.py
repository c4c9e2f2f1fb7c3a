"""What services wrote in all: sums by service, and whether they wrote as they were received."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from logmesh.filters.ast import EVERYTHING
from logmesh.lake.counts import MINUTE_NANO
from logmesh.lake.layout import numbers_of
from logmesh.lake.store.asking import answering
from logmesh.lake.store.groups import GroupsInLake
from logmesh.lake.store.values import GRAVITY, MINUTE, RECEIVED, SERVICE
from logmesh.store.counts import Totals
from logmesh.store.microseconds import from_microseconds, to_microseconds
from logmesh.store.time_range import TimeRange

_RECEIPTS: Final = f"SELECT v0, v1, min(v2) * {MINUTE_NANO}, max(v2) * {MINUTE_NANO} FROM grouped GROUP BY ALL"


class TotalsOfLake(GroupsInLake):
    """Totals."""

    async def totals(
        self, tenant: str, spans: Sequence[TimeRange], *, seconds: float
    ) -> Sequence[Mapping[str, Totals]]:
        """See Store."""
        values = [SERVICE, GRAVITY, MINUTE]
        async with answering(seconds):
            return [_totals(await self.groups(tenant, EVERYTHING, span, values, seconds=seconds)) for span in spans]

    async def written_live(self, tenant: str, totals: Mapping[str, Totals], *, seconds: float) -> Collection[str]:
        """See Store."""
        spans = [(one.oldest, one.newest) for one in totals.values() if one.oldest and one.newest]
        if not spans:
            return []
        span = TimeRange(_nano(min(low for low, _ in spans)), _nano(max(high for _, high in spans)) + MINUTE_NANO)
        rows = await self.grouped(
            tenant, EVERYTHING, span, [SERVICE, MINUTE, RECEIVED], lambda _: _RECEIPTS, seconds=seconds
        )
        received = {(service, minute): (first, last) for service, minute, first, last in rows}
        return [service for service, one in totals.items() if _is_live(service, one, received)]


def _is_live(service: str, one: Totals, received: Mapping[tuple[str, int], tuple[int, int]]) -> bool:
    """A record of the last minute was received later than one of the first by half of the time between them at least."""
    if one.oldest is None or one.newest is None:
        return False
    first = received.get((service, _nano(one.oldest) // MINUTE_NANO))
    last = received.get((service, _nano(one.newest) // MINUTE_NANO))
    if first is None or last is None:
        return False
    return last[0] - first[0] >= (_nano(one.newest) - _nano(one.oldest)) / 2


def _totals(groups: pa.Table) -> dict[str, Totals]:
    """Of groups by service, gravity and minute."""
    services = groups["v0"].combine_chunks().dictionary_encode()
    if not len(services):
        return {}
    gravities, minutes, counted = (numbers_of(groups, name) for name in ("v1", "v2", "records"))
    of_service = services.indices.to_numpy()
    first, length = int(minutes.min()), int(np.ptp(minutes)) + 1

    def sums(records: Any) -> list[int]:
        found: list[int] = np.bincount(of_service, records).astype(np.int64).tolist()
        return found

    owners, there = np.divmod(np.unique(of_service * np.int64(length) + minutes - first), length)
    begins = np.flatnonzero(np.diff(owners, prepend=-1))
    ends = np.append(begins[1:], len(owners))
    by_service = zip(
        services.dictionary.to_pylist(), sums(counted), sums(counted * (gravities >= 1)), sums(counted * (gravities == 2)),
        (ends - begins).tolist(), (there[begins] + first).tolist(), (there[ends - 1] + first).tolist(),
        strict=True,
    )  # fmt: skip
    return {
        service: Totals(records, errors, fatal, minutes, _minute(oldest), _minute(newest))
        for service, records, errors, fatal, minutes, oldest, newest in by_service
    }


def _minute(minute: int) -> datetime:
    return from_microseconds(minute * MINUTE_NANO // 1_000)


def _nano(time: datetime) -> int:
    return to_microseconds(time) * 1_000

"""Records that are named, of two stores: by a trace or by an id."""

from collections.abc import Collection, Mapping, Sequence

from logmesh.store.joined.asking import AsksBoth, Deadline, first, place_of
from logmesh.store.order import Cursor
from logmesh.store.time_range import ANY_TIME, TimeRange
from logmesh.v1.record_pb2 import LogRecord


class NamedInBoth(AsksBoth):
    """Traces and single records."""

    async def trace(
        self,
        tenant: str,
        trace_id: bytes,
        span: TimeRange,
        most: int,
        *,
        known: Collection[tuple[int, int]] = (),
        max_bytes: int,
        seconds: float,
    ) -> Sequence[LogRecord]:
        """See Store."""
        deadline = Deadline(seconds)
        found = await self._newer.trace(
            tenant, trace_id, span, most, known=known, max_bytes=max_bytes, seconds=deadline.left()
        )
        part = await self._in_older(span, deadline)
        if part is None:
            return found
        before = await self._older.trace(
            tenant, trace_id, part, most, known=known, max_bytes=max_bytes, seconds=deadline.left()
        )
        return first(sorted([*before, *found], key=place_of), most, max_bytes)

    async def record(
        self, tenant: str, spool: int, position: int, span: TimeRange, *, seconds: float
    ) -> LogRecord | None:
        """See Store."""
        deadline = Deadline(seconds)
        found = await self._newer.record(tenant, spool, position, span, seconds=deadline.left())
        if found is not None or (part := await self._in_older(span, deadline)) is None:
            return found
        return await self._older.record(tenant, spool, position, part, seconds=deadline.left())

    async def records(
        self, tenant: str, places: Sequence[Cursor], *, seconds: float
    ) -> Mapping[tuple[int, int], LogRecord]:
        """See Store."""
        deadline = Deadline(seconds)
        found = await self._newer.records(tenant, places, seconds=deadline.left())
        missing = [place for place in places if (place.spool, place.position) not in found]
        if not missing:
            return found
        times = [place.unix_nano for place in missing]
        if await self._in_older(TimeRange(min(times), max(times) + 1), deadline) is None:
            return found
        return {**found, **await self._older.records(tenant, missing, seconds=deadline.left())}

    async def times_of(self, tenant: str, spool: int, *, seconds: float) -> TimeRange | None:
        """See Store."""
        deadline = Deadline(seconds)
        of_newer = await self._newer.times_of(tenant, spool, seconds=deadline.left())
        if await self._in_older(ANY_TIME, deadline) is None:
            return of_newer
        of_older = await self._older.times_of(tenant, spool, seconds=deadline.left())
        if of_newer is None or of_older is None:
            return of_newer or of_older
        start = min(of_newer.start_unix_nano, of_older.start_unix_nano)
        return TimeRange(start, max(of_newer.end_unix_nano, of_older.end_unix_nano))

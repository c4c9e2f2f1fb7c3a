"""The one interface behind which records are."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from logmesh.filters.ast import Node
from logmesh.filters.fields import Field
from logmesh.store.counts import Buckets, FieldCounts, KeyCount, Totals, ValueCount
from logmesh.store.flushes import Flush, StoredAt, StoredPart
from logmesh.store.found import Bodies, Found, Neighbours
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord


class Store(Protocol):
    """Each question is of one tenant and sees nothing of another's. `node` is a filter; a record that it matches counts.

    `seconds` is how long the store may take before it has something to say; then it raises TooSlow, and has kept nothing. A call that
    is cancelled stops the work that is done for it. What is answered is bounded by what was asked for, or comes piece by piece. All
    methods raise StoreError.
    """

    # --- records ---

    @property
    def first_look_nano(self) -> int:
        """How much log time, in nanoseconds, a first look for matches best takes in. Next ones are wider while answers come quickly."""

    def search(
        self, tenant: str, node: Node, window: Window, most: int, *, seconds: float, is_rare: bool = False
    ) -> AsyncGenerator[Found, None]:
        """Yield the newest `most` matches of a window, newest first, some at a time; fewer when that are all. `seconds` is for each.

        `is_rare` says that the window before this one had none: a store may look for the newest match first, and say how far it came.
        Closing the generator stops the work.
        """

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
        """The oldest `most` records of a trace in a range, oldest first, but for those `known` by spool and position.

        They stop when they take more than `max_bytes`: the last one may be what was too much.
        """

    async def record(
        self, tenant: str, spool: int, position: int, span: TimeRange, *, seconds: float
    ) -> LogRecord | None:
        """The record with that id, if its time is in the range, whose ends may be taken to the microsecond."""

    async def records(
        self, tenant: str, places: Sequence[Cursor], *, seconds: float
    ) -> Mapping[tuple[int, int], LogRecord]:
        """The records at places that `bodies` told, by spool and position; those that are gone are left out."""

    async def times_of(self, tenant: str, spool: int, *, seconds: float) -> TimeRange | None:
        """A range that has all records of a spool; None when there is no such spool, or nothing of it."""

    async def neighbours(self, tenant: str, record: LogRecord, *, seconds: float) -> Neighbours:
        """What the same instance of the same service wrote."""

    async def bodies(
        self, tenant: str, node: Node, span: TimeRange, most: int, *, characters: int, seconds: float
    ) -> Bodies:
        """The newest `most` matches of a range, with the first `characters` of each body."""

    async def stored(
        self,
        tenant: str,
        node: Node,
        flushes: Sequence[Flush],
        after: StoredAt,
        most: int,
        *,
        max_bytes: int,
        seconds: float,
    ) -> StoredPart:
        """The first `most` matches at the spans of some flushes and behind a place, in the order of storing.

        They stop when they take more than `max_bytes`: the last one may be what was too much.
        """

    # --- figures ---

    async def is_counted(
        self, node: Node, field: Field, span: TimeRange, width_nano: int = 0, *, seconds: float
    ) -> bool:
        """Whether the store has counted beforehand what this asks, so that all of a range may be asked for at once and is counted
        exactly: by a field, in buckets of this width, or in none. Else it is best counted window by window."""

    async def count_keys(
        self,
        tenant: str,
        node: Node,
        span: TimeRange,
        buckets: Buckets,
        field: Field,
        keys: Sequence[str],
        *,
        seconds: float,
    ) -> Sequence[KeyCount]:
        """The matches of a range, by bucket and by which of `keys` their field has."""

    async def count_values(
        self, tenant: str, node: Node, span: TimeRange, buckets: Buckets, field: Field, most: int, *, seconds: float
    ) -> Sequence[ValueCount]:
        """The matches of a range, by bucket and by value, for the `most` most frequent values of the range."""

    async def facets(
        self,
        tenant: str,
        node: Node,
        span: TimeRange,
        fields: Sequence[Field],
        most: int,
        *,
        newest: int | None,
        seconds: float,
    ) -> Sequence[FieldCounts]:
        """The `most` most frequent values of each field, in the order of `fields`: of all matches of a range, for fields that are
        counted beforehand, or of the `newest` so many."""

    async def totals(
        self, tenant: str, spans: Sequence[TimeRange], *, seconds: float
    ) -> Sequence[Mapping[str, Totals]]:
        """What each service wrote, by its name, in each of some ranges."""

    async def written_live(self, tenant: str, totals: Mapping[str, Totals], *, seconds: float) -> Collection[str]:
        """Those of the services whose records of that period came as they were written: a file that was shipped has not fallen silent,
        it has ended."""

    # --- what records have, to complete a filter by ---

    async def count_some(self, tenant: str, span: TimeRange, most: int, *, seconds: float) -> int:
        """How many records a range has, as far as to `most`."""

    async def keys(
        self, tenant: str, column: str, typed: str, most: int, *, span: TimeRange, newest: TimeRange, seconds: float
    ) -> Sequence[tuple[str, str]]:
        """Column and key of attributes and resources whose key contains what was `typed`, the most frequent first.

        `column` is `attributes`, `resource` or empty for both. Of attributes the records of `newest` are looked at, and not too many.
        """

    async def values(
        self, tenant: str, field: Sequence[str], typed: str, most: int, *, span: TimeRange, seconds: float
    ) -> Sequence[tuple[str, int]]:
        """Values of a field that contain what was `typed`, with their records, the most frequent first; a severity by its number.

        `field` is `service`, `instance` or `severity`, or a key's steps behind `resource` or `attributes`; of the latter the newest
        records of the range are looked at.
        """

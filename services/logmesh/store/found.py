"""What a store found, made into records when it is asked for, so that a thread can do it, and nobody where nobody asks."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from logmesh.store.order import Cursor
from logmesh.v1.record_pb2 import LogRecord


class Found(Protocol):
    """Some records of a search, newest first: those that a store has read at once, a few megabytes at most.

    None of the window's matches are between those before them and `reached`, but these. Where there are none, `reached` says that
    so much was looked at in vain.
    """

    @property
    def reached(self) -> Cursor:
        """The place of the last one."""

    @property
    def size(self) -> int:
        """About how many bytes they have."""

    def __len__(self) -> int: ...

    def records(self) -> Iterator[LogRecord]:
        """Each once, made one after the other, in any thread. What was made is let go and counts no more in size and length."""


class Bodies(Protocol):
    """Bodies, the newest first: severity, service, and the beginning of each."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[int, str, str]]: ...

    def place(self, index: int) -> Cursor:
        """Which record it is of."""


class Neighbours(Protocol):
    """Records of one instance of a service, around a record of it."""

    async def nearest(
        self, place: Cursor, edge_unix_nano: int, most: int, *, max_bytes: int, seconds: float
    ) -> Sequence[LogRecord]:
        """The nearest `most` to a place, the nearest first: older ones, as far as to the edge and with it, where that is before the
        place; newer ones, as far as to before the edge, where it is behind.

        They stop when they take more than `max_bytes`: the last one may be what was too much. Raises StoreError.
        """

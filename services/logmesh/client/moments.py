"""Times and spans of time: Python's, protobuf's, and nanoseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

Moment = datetime | int
"""An aware datetime, or nanoseconds since 1970, as a record's `time_unix_nano` is."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_unix_nano(moment: Moment) -> int:
    """Nanoseconds since 1970. Raises ValueError for a time without a zone: which one was meant can't be guessed."""
    if isinstance(moment, int):
        return moment
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no time zone; use datetime.now(UTC) or .astimezone()")
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000


def from_unix_nano(unix_nano: int) -> datetime:
    """The time in UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=unix_nano // 1_000)


def to_timestamp(moment: Moment) -> Timestamp:
    """Raises ValueError for a time without a zone."""
    unix_nano = to_unix_nano(moment)
    return Timestamp(seconds=unix_nano // 10**9, nanos=unix_nano % 10**9)


def from_timestamp(timestamp: Timestamp) -> datetime:
    """The time in UTC, cut to microseconds."""
    return from_unix_nano(timestamp.seconds * 10**9 + timestamp.nanos)


def time_range(
    since: timedelta | None, start: Moment | None, end: Moment | None, now: datetime
) -> tuple[Timestamp | None, Timestamp | None]:
    """Start and end of a request: `since` before the end, or `start`; None leaves it to the server.

    Raises ValueError for both of them, for times without a zone, and for a start that is later than the end.
    """
    if since is not None:
        if start is not None:
            raise ValueError("since and start exclude each other")
        end = to_unix_nano(now if end is None else end)
        start = end - since // timedelta(microseconds=1) * 1_000
    if start is not None and end is not None and to_unix_nano(start) > to_unix_nano(end):
        raise ValueError(f"start {start} is later than end {end}")
    return None if start is None else to_timestamp(start), None if end is None else to_timestamp(end)

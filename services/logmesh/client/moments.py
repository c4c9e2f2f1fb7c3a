"""Times and spans of time: Python's, protobuf's, and nanoseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_unix_nano(moment: datetime) -> int:
    """Nanoseconds since 1970. Raises ValueError for a time without a zone: which one was meant can't be guessed."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no time zone; use datetime.now(UTC) or .astimezone()")
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000


def from_unix_nano(unix_nano: int) -> datetime:
    """The time in UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=unix_nano // 1_000)


def to_timestamp(moment: datetime) -> Timestamp:
    """Raises ValueError for a time without a zone."""
    unix_nano = to_unix_nano(moment)
    return Timestamp(seconds=unix_nano // 10**9, nanos=unix_nano % 10**9)


def from_timestamp(timestamp: Timestamp) -> datetime:
    """The time in UTC, cut to microseconds."""
    return from_unix_nano(timestamp.seconds * 10**9 + timestamp.nanos)


def time_range(
    since: timedelta | None, start: datetime | None, end: datetime | None, now: datetime
) -> tuple[Timestamp | None, Timestamp | None]:
    """Start and end of a request: `since` before the end, or `start`; None leaves it to the server.

    Raises ValueError for both of them, for times without a zone, and for a start that is later than the end.
    """
    if since is not None:
        if start is not None:
            raise ValueError("since and start exclude each other")
        end = end or now
        start = end - since
    if start is not None and end is not None and start > end:
        raise ValueError(f"start {start} is later than end {end}")
    return to_timestamp(start) if start else None, to_timestamp(end) if end else None

"""What requests have in common, read and checked in one place: a range of times, and limits."""

from typing import Final, Literal, Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from logmesh.store.time_range import TimeRange

DEFAULT_RANGE_NANO: Final = 15 * 60 * 10**9
MAX_UNIX_NANO: Final = (1 << 62) - 1
"""The year 2116, so that sums stay within 64 bits."""

MAX_NAME_CHARACTERS: Final = 255


class RequestError(ValueError):
    """A request that can't be answered; its text says why."""


class Ranged(Protocol):
    """A request with a range of times."""

    @property
    def start_time(self) -> Timestamp: ...
    @property
    def end_time(self) -> Timestamp: ...
    def HasField(self, field_name: Literal["start_time", "end_time"], /) -> bool: ...  # noqa: N802  # protobuf's name


def read_range(request: Ranged, now_unix_nano: int) -> TimeRange:
    """The range that a request asks for: without an end it is now, without a start 15 minutes before the end.

    Raises RequestError when it ends before it starts.
    """
    end = _unix_nano(request.end_time) if request.HasField("end_time") else now_unix_nano
    start = _unix_nano(request.start_time) if request.HasField("start_time") else max(0, end - DEFAULT_RANGE_NANO)
    return _range(start, end)


def read_open_range(request: Ranged) -> TimeRange:
    """The same where unset means that there is no such limit."""
    end = _unix_nano(request.end_time) if request.HasField("end_time") else MAX_UNIX_NANO
    start = _unix_nano(request.start_time) if request.HasField("start_time") else 0
    return _range(start, end)


def read_limit(name: str, value: int, *, default: int, most: int) -> int:
    """A limit that a request sets; 0 means `default`. Raises RequestError above `most`."""
    if value > most:
        raise RequestError(f"{name} is {value}, and {most} is the most")
    return value or default


def read_name(field: str, value: str) -> str:
    """The name of who did something. Raises RequestError."""
    if len(value) > MAX_NAME_CHARACTERS or "\0" in value:
        raise RequestError(f"{field} must have at most {MAX_NAME_CHARACTERS} characters")
    return value


def to_proto(unix_nano: int) -> Timestamp:
    """A time as answers carry it."""
    return Timestamp(seconds=unix_nano // 10**9, nanos=unix_nano % 10**9)


def _range(start_unix_nano: int, end_unix_nano: int) -> TimeRange:
    if start_unix_nano > end_unix_nano:
        raise RequestError("start_time is later than end_time")
    return TimeRange(start_unix_nano, end_unix_nano)


def _unix_nano(timestamp: Timestamp) -> int:
    # Not ToNanoseconds, which refuses what it doesn't like: years beyond anything stored are simply the end.
    return min(max(0, timestamp.seconds * 10**9 + timestamp.nanos), MAX_UNIX_NANO)

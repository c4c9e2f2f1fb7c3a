"""What an error of gRPC is to the caller of this library: translated once, at its edge."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from logmesh.client.errors import (
    ConnectionFailed,
    DeadlineExceeded,
    InvalidFilter,
    InvalidRequest,
    LogmeshError,
    NotFound,
    Overloaded,
    PermissionDenied,
    ServerError,
    Unauthenticated,
    Unsupported,
)

_BY_CODE: Final[dict[grpc.StatusCode, type[LogmeshError]]] = {
    grpc.StatusCode.UNAVAILABLE: ConnectionFailed,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.OUT_OF_RANGE: InvalidRequest,
    grpc.StatusCode.ALREADY_EXISTS: InvalidRequest,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.UNIMPLEMENTED: Unsupported,
}
# A gateway words what is wrong with a filter so; see filters/errors.py, which a test compares with this.
_FILTER: Final = re.compile(
    r" at character (?P<at>\d+)(?:; expected (?P<expected>.*?))?(?:; did you mean (?P<suggestion>.*)\?)?$", re.DOTALL
)


def from_rpc(error: grpc.RpcError, target: str) -> LogmeshError:
    """The error of this library for one of gRPC. It must be raised `from` that one."""
    code, details = error.code(), " ".join((error.details() or "").split())
    if code is grpc.StatusCode.INVALID_ARGUMENT and (found := _FILTER.search(details)):
        expected = re.split(r", | or ", found["expected"]) if found["expected"] else []
        return InvalidFilter(details, int(found["at"]) - 1, expected, found["suggestion"] or "")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return Overloaded(f"{target}: {details}", _retry_after(error))
    kind = _BY_CODE.get(code, ServerError)
    if kind is ServerError:
        return ServerError(f"{target} answers {code.name}: {details}")
    return kind(details if issubclass(kind, InvalidRequest) else f"{target}: {details}")


@contextmanager
def translated(target: str) -> Iterator[None]:
    """Raise errors of gRPC in the body as errors of this library."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc(error, target) from error


def _retry_after(error: Any) -> timedelta | None:
    """RetryInfo out of the rich status, which gRPC carries in binary metadata."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            try:
                status = Status.FromString(value)
            except DecodeError:
                return None
            for detail in status.details:
                info = RetryInfo()
                if detail.Unpack(info):
                    delay: timedelta = info.retry_delay.ToTimedelta()
                    return delay
    return None

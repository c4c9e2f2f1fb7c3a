"""What a failure of the store is to a caller: a gRPC status and a sentence without the database's internals."""

from typing import Final

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from logmesh.store.errors import Away, Busy, NoSchema, PatternTooComplex, ReadOnly, StoreError, TooSlow

_RICH_STATUS: Final = "grpc-status-details-bin"


def status_of(error: StoreError) -> tuple[grpc.StatusCode, str]:
    """The code and the text for it."""
    match error:
        case Busy():
            return grpc.StatusCode.RESOURCE_EXHAUSTED, f"{error}; try again soon"
        case TooSlow():
            return grpc.StatusCode.DEADLINE_EXCEEDED, "the query took too long; ask for a shorter time range"
        case PatternTooComplex():
            return grpc.StatusCode.INVALID_ARGUMENT, "a pattern in the filter is too complex"
        case ReadOnly():
            return (
                grpc.StatusCode.FAILED_PRECONDITION,
                "this gateway reads from a replica; ask one that has the primary",
            )
        case NoSchema():
            return (
                grpc.StatusCode.UNAVAILABLE,
                "the database has no schema yet, or an older one: a processor makes it when it starts",
            )
        case Away():
            return grpc.StatusCode.UNAVAILABLE, f"{error}; try again soon"
        case _:
            return grpc.StatusCode.INTERNAL, f"the query failed: {error}"


def retry_info(error: StoreError) -> tuple[tuple[str, bytes], ...]:
    """Metadata that says when a call may be made again, as google.rpc.RetryInfo; none where nobody knows."""
    if not isinstance(error, Busy):
        return ()
    code, text = status_of(error)
    delay = Duration()
    delay.FromNanoseconds(int(error.retry_seconds * 1e9))
    detail = AnyMessage()
    detail.Pack(RetryInfo(retry_delay=delay))
    rich = Status(code=code.value[0], message=text, details=[detail])
    return ((_RICH_STATUS, rich.SerializeToString()),)

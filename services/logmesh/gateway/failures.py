"""What a failed query is to its caller: a gRPC status and a sentence without the database's internals."""

from typing import Final

import asyncpg
import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from logmesh.gateway.admission import Busy
from logmesh.storage.failures import describe, lacks_schema, passes

QUERY_FAILURES = (Busy, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What reading from the database raises. TimeoutError is an OSError."""

_RICH_STATUS: Final = "grpc-status-details-bin"


def status_of(error: BaseException) -> tuple[grpc.StatusCode, str]:
    """The code and the text for one of QUERY_FAILURES."""
    match error:
        case Busy():
            return grpc.StatusCode.RESOURCE_EXHAUSTED, f"{error}; try again soon"
        case asyncpg.QueryCanceledError():
            return grpc.StatusCode.DEADLINE_EXCEEDED, "the query took too long; ask for a shorter time range"
        case asyncpg.InvalidRegularExpressionError():
            return grpc.StatusCode.INVALID_ARGUMENT, "a pattern in the filter is too complex"
        case asyncpg.ReadOnlySQLTransactionError():
            return (
                grpc.StatusCode.FAILED_PRECONDITION,
                "this gateway reads from a replica; ask one that has the primary",
            )
        case _ if lacks_schema(error) or isinstance(error, asyncpg.InvalidCatalogNameError):
            return (
                grpc.StatusCode.UNAVAILABLE,
                "the database has no schema yet, or an older one: a processor makes it when it starts",
            )
        case _ if passes(error):
            return grpc.StatusCode.UNAVAILABLE, f"{describe(error)}; try again soon"
        case _:
            return grpc.StatusCode.INTERNAL, f"the query failed: {type(error).__name__}"


def retry_info(error: BaseException) -> tuple[tuple[str, bytes], ...]:
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

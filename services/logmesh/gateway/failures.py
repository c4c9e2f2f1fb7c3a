"""What a failed query is to its caller: a gRPC status and a sentence without the database's internals."""

import asyncpg
import grpc

from logmesh.gateway.reader import ReaderBusy

QUERY_FAILURES = (ReaderBusy, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What reading from the database raises. TimeoutError is an OSError."""

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    OSError,
)


def status_of(error: BaseException) -> tuple[grpc.StatusCode, str]:
    """The code and the text for one of QUERY_FAILURES."""
    match error:
        case ReaderBusy():
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
        case asyncpg.UndefinedTableError() | asyncpg.InvalidSchemaNameError() | asyncpg.InvalidCatalogNameError():
            return (
                grpc.StatusCode.UNAVAILABLE,
                "the database has no schema yet, or an older one: a processor makes it when it starts",
            )
        case _ if isinstance(error, _AWAY):
            return grpc.StatusCode.UNAVAILABLE, "the database does not answer; try again soon"
        case _:
            return grpc.StatusCode.INTERNAL, f"the query failed: {type(error).__name__}"

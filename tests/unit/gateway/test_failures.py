"""What a failed query is to its caller: a code, a sentence, and a word on when to come again."""

import asyncpg
import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from logmesh.gateway.answers.failures import retry_info, status_of
from logmesh.rows.refusals import store_error
from logmesh.store.errors import Away, Busy


def test_busy_says_when_to_come_again() -> None:
    error = Busy("too many queries are running", retry_seconds=1.5)
    assert status_of(error)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    ((key, value),) = retry_info(error)
    rich, info = Status.FromString(value), RetryInfo()
    assert (key, rich.code) == ("grpc-status-details-bin", 8)
    assert rich.details[0].Unpack(info)
    assert info.retry_delay.ToMilliseconds() == 1_500
    assert retry_info(Away("the database is starting")) == ()


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (asyncpg.TooManyConnectionsError("secret"), grpc.StatusCode.UNAVAILABLE, "no connection free"),
        (asyncpg.CannotConnectNowError("secret"), grpc.StatusCode.UNAVAILABLE, "starting, stopping or recovering"),
        (ConnectionRefusedError("secret"), grpc.StatusCode.UNAVAILABLE, "can't be reached"),
        (asyncpg.UndefinedTableError("secret"), grpc.StatusCode.UNAVAILABLE, "no schema yet"),
        (asyncpg.ReadOnlySQLTransactionError("secret"), grpc.StatusCode.FAILED_PRECONDITION, "replica"),
        (asyncpg.InsufficientPrivilegeError("secret"), grpc.StatusCode.INTERNAL, "InsufficientPrivilegeError"),
    ],
)
def test_what_is_wrong_with_the_database_is_said_without_its_internals(
    error: Exception, code: grpc.StatusCode, words: str
) -> None:
    found, text = status_of(store_error(error))
    assert found is code
    assert words in text
    assert "secret" not in text

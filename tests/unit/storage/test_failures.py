"""What is said of a database that does not take a statement, and whether it is waited for."""

import asyncpg
import pytest

from logmesh.storage.failures import describe, lacks_schema, passes

PASSING = [
    (asyncpg.ReadOnlySQLTransactionError("x"), "the database is read-only: a standby, or set so"),
    (asyncpg.TooManyConnectionsError("x"), "the database has no connection free"),
    (asyncpg.CannotConnectNowError("x"), "the database is starting, stopping or recovering"),
    (asyncpg.AdminShutdownError("x"), "the database ended the session"),
    (asyncpg.ObjectNotInPrerequisiteStateError("x"), "the database, or a part of it, is closed just now"),
    (asyncpg.LockNotAvailableError("x"), "another session holds a lock that this needs"),
    (asyncpg.DeadlockDetectedError("x"), "another transaction was in the way"),
    (asyncpg.DiskFullError("x"), "the database is short of disk, memory or connections"),
    (asyncpg.InvalidCatalogNameError("x"), "the database is not made yet"),
    (asyncpg.InvalidPasswordError("x"), "the database refuses this user, or its password"),
    (asyncpg.InvalidAuthorizationSpecificationError("x"), "the database refuses this user, or its password"),
    (asyncpg.ConnectionDoesNotExistError("x"), "the database can't be reached"),
    (asyncpg.InterfaceError("x"), "the database can't be reached"),
    (ConnectionRefusedError("x"), "the database can't be reached"),
    (TimeoutError("x"), "the database can't be reached"),
]
LASTING = [
    asyncpg.InsufficientPrivilegeError("x"),
    asyncpg.PostgresSyntaxError("x"),
    ValueError("x"),
]


@pytest.mark.parametrize(("error", "words"), PASSING, ids=lambda value: type(value).__name__)
def test_what_passes_is_named_and_waited_for(error: Exception, words: str) -> None:
    assert passes(error)
    assert describe(error) == words
    assert not lacks_schema(error)


@pytest.mark.parametrize("error", LASTING, ids=lambda value: type(value).__name__)
def test_what_does_not_pass_is_told_as_it_is(error: Exception) -> None:
    assert not passes(error)
    assert describe(error) == f"the database refused: {type(error).__name__}: x"

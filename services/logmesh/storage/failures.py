"""What the database's refusals mean, in an operator's words, and which of them pass by waiting."""

from typing import Final

import asyncpg

READ_ONLY: Final = "the database is read-only: a standby, or set so"
_AWAY: Final = "the database can't be reached"

# By SQLSTATE, else by its class of two characters. All of these pass: the database, or someone at it, is busy.
_PASSING: Final = {
    "25006": READ_ONLY,
    "53300": "the database has no connection free",
    "57P03": "the database is starting, stopping or recovering",
    "57P04": "the database is gone",
    "57014": "the database was told to cancel the statement",
    "55000": "the database, or a part of it, is closed just now",
    "55P03": "another session holds a lock that this needs",
    "3D000": "the database is not made yet",
    "25P03": "the session stood still for too long",
    "40": "another transaction was in the way",
    "53": "the database is short of disk, memory or connections",
    "57": "the database ended the session",
    "58": "the database's disk is at fault",
    "08": _AWAY,
}
_OURS: Final = "LM"
"""The class of SQLSTATE of what our own functions raise, in their own words. A newer release mends it."""


def describe(error: BaseException) -> str:
    """A clause without a full stop, such as "the database is read-only: a standby, or set so"."""
    return _passing(error) or f"the database refused: {type(error).__name__}: {error}"


def passes(error: BaseException) -> bool:
    """Tell whether waiting mends it. What does not pass: a wrong password, a missing privilege, a statement that is wrong."""
    return _passing(error) is not None


def lacks_schema(error: BaseException) -> bool:
    """Tell whether a statement named what this release knows and the database has not: an empty one, or an older state of it,
    has come in its place."""
    return isinstance(
        error,
        asyncpg.UndefinedFunctionError
        | asyncpg.UndefinedTableError
        | asyncpg.UndefinedColumnError
        | asyncpg.InvalidSchemaNameError,
    )


def _passing(error: BaseException) -> str | None:
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state.startswith(_OURS):
            return error.message
        return _PASSING.get(state) or _PASSING.get(state[:2])
    # asyncpg raises outside its own tree when a session is cut while it is used.
    return _AWAY if isinstance(error, OSError | EOFError | TimeoutError | asyncpg.InterfaceError) else None

"""What the database's refusals mean, in an operator's words, and which of them pass by waiting."""

from typing import Final

import asyncpg

READ_ONLY: Final = "the database is read-only: a standby, or set so"
REFUSED_LOGIN: Final = "the database refuses this user, or its password"
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
    "28": REFUSED_LOGIN,
    "25P03": "the session stood still for too long",
    "40": "another transaction was in the way",
    "53": "the database is short of disk, memory or connections",
    "57": "the database ended the session",
    "58": "the database's disk is at fault",
    "08": _AWAY,
}
_OURS: Final = "LM"
"""The class of SQLSTATE of what our own functions raise, in their own words. A newer release mends it."""


class SchemaBehind(Exception):
    """Another database, or an earlier state of it, has come in place of the one that was brought up to date: it lays records out
    as a release before did. Bringing it up to date mends it."""


def describe(error: BaseException) -> str:
    """A clause without a full stop, such as "the database is read-only: a standby, or set so"."""
    return _passing(error) or f"the database refused: {type(error).__name__}: {error}"


def passes(error: BaseException) -> bool:
    """Tell whether waiting mends it: a password, too, is changed in the database after the Secret, or before. What does not pass: a
    missing privilege, a statement that is wrong."""
    return _passing(error) is not None


def is_away(error: BaseException) -> bool:
    """Tell whether the database can't be used just now, by anyone or for want of room. One that refuses this release is there."""
    ours = isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "").startswith(_OURS)
    return passes(error) and not ours


def lacks_schema(error: BaseException) -> bool:
    """Tell whether a statement named what this release knows and the database has not: an empty one, or an older state of it,
    has come in its place."""
    return isinstance(
        error,
        SchemaBehind
        | asyncpg.UndefinedFunctionError
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
    if isinstance(error, SchemaBehind):
        return "the schema is an older release's"
    # asyncpg raises outside its own tree when a session is cut while it is used.
    cut = OSError | EOFError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError
    return _AWAY if isinstance(error, cut) else None

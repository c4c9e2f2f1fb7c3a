"""PostgreSQL's refusals as errors of a store."""

import asyncpg

from logmesh.storage.failures import describe, lacks_schema, passes
from logmesh.store.errors import Away, Broken, NoSchema, PatternTooComplex, ReadOnly, StoreError, TooSlow


def store_error(error: Exception) -> StoreError:
    """What an error of asyncpg or of the network means to somebody who asks a store."""
    match error:
        case asyncpg.QueryCanceledError():
            return TooSlow("the database was not done in time")
        case asyncpg.InvalidRegularExpressionError():
            return PatternTooComplex("the database refuses a pattern")
        case asyncpg.ReadOnlySQLTransactionError():
            return ReadOnly("the database is a replica")
        case _ if lacks_schema(error) or isinstance(error, asyncpg.InvalidCatalogNameError):
            return NoSchema("the database has no schema, or an older one")
        case _ if passes(error):
            return Away(describe(error))
        case _:
            return Broken(type(error).__name__)

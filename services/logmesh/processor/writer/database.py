"""The writer's connections to the database: one a room, each use with a deadline, and what is learnt of the database on the way."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import asyncpg
import structlog

from logmesh.processor.entries import Moment
from logmesh.processor.writer.resolve import Numbers
from logmesh.runtime import metrics
from logmesh.storage.incarnation import Incarnation, read_incarnation
from logmesh.storage.postgres import connect_writer
from logmesh.storage.sql import load

log = structlog.get_logger()

_CLOCK_MOVED_SECONDS = 1.0
_CLOCKS_DIFFER_SECONDS = 60.0
_GRACE_SECONDS = 1.0
_LEARN_AGAIN_SECONDS = 30.0


class Overdue(Exception):
    """The database did not answer in time. Whether it did what it was asked to is unknown."""


class Database:
    """Which database stands behind the DSN, how far its clock is from this machine's, and what it calls spools and origins.

    `numbers` are replaced by empty ones when another database stands there, or the same one went back in time.
    """

    def __init__(self, dsn: str, application: str) -> None:
        self.dsn, self.application = dsn, application
        self.numbers = Numbers()
        self._incarnation: Incarnation | None = None
        self._ahead_nano = 0
        self._learnt = 0.0

    def moment(self) -> Moment:
        """Now, by the database's clock as it was last read."""
        return Moment(time.time_ns() + self._ahead_nano, self._ahead_nano)

    def forget(self) -> None:
        """The numbers are not this database's."""
        self.numbers = Numbers()

    async def learn(self, connection: "asyncpg.Connection", *, new: bool) -> None:
        """Look at the database that a `new` connection leads to, and now and then at its clock. Raises what asyncpg raises."""
        if not new and time.monotonic() - self._learnt < _LEARN_AGAIN_SECONDS:
            return
        found = await read_incarnation(connection)
        if self._incarnation is not None and not found.follows(self._incarnation):
            log.warning("the database was replaced", event_name="ledger_changed", before=self._incarnation, now=found)
            self.forget()
        asked = time.time_ns()
        clock: int = await connection.fetchval(load("read_clock"))
        self._set_clock(clock - (asked + time.time_ns()) // 2)
        self._incarnation, self._learnt = found, time.monotonic()

    def doubt(self) -> None:
        """Something did not fit: look again before the next use."""
        self._learnt = float("-inf")

    def _set_clock(self, ahead_nano: int) -> None:
        metrics.DATABASE_CLOCK_AHEAD.set(ahead_nano / 1e9)
        if abs(ahead_nano - self._ahead_nano) < _CLOCK_MOVED_SECONDS * 1e9:
            return  # so that a record's time does not depend on how long the network took just now
        self._ahead_nano = ahead_nano
        if abs(ahead_nano) >= _CLOCKS_DIFFER_SECONDS * 1e9:
            log.error(
                "the database's clock and this machine's differ; times of records are judged by the database's",
                event_name="clocks_differ",
                database_ahead_seconds=round(ahead_nano / 1e9),
            )


class Link:
    """One connection, made when it is needed. After an error, or a deadline that was missed, only a new one can be trusted."""

    def __init__(self, database: Database, room: str) -> None:
        self._database, self._room = database, room
        self._connection: asyncpg.Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator["asyncpg.Connection"]:
        """A connection that is good for `seconds` from now on. Raises Overdue after them, and what asyncpg raises."""
        async with self._one_at_a_time, self._limited(await self._connected(seconds), seconds) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _limited(self, connection: "asyncpg.Connection", seconds: float) -> AsyncIterator["asyncpg.Connection"]:
        # Ending the connection, and not the task: asyncpg would wait for a ROLLBACK that nobody answers.
        timer = asyncio.get_running_loop().call_later(seconds, connection.terminate)
        ends = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds + _GRACE_SECONDS):
                yield connection
        except BaseException as error:
            self.close()
            if isinstance(error, Exception) and time.monotonic() >= ends:
                raise Overdue(f"no answer within {seconds:g} s") from error
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the connection at once."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connected(self, seconds: float) -> "asyncpg.Connection":
        connection = self._connection
        new = connection is None or connection.is_closed()
        if connection is None or new:
            application = f"{self._database.application} {self._room}"
            connection = self._connection = await connect_writer(
                self._database.dsn, application=application, timeout_seconds=seconds
            )
        try:
            async with asyncio.timeout(seconds):
                await self._database.learn(connection, new=new)
        except BaseException:
            self.close()
            raise
        return connection

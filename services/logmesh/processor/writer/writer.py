"""Leads groups of batches through the rooms. An error that is not the data's own is tried again until it passes: what is in the
log is stored in the end."""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import TypeVar

import asyncpg
import structlog
from opentelemetry import trace

from logmesh.journal import Journal, JournalFailed
from logmesh.processor.entries import Moment
from logmesh.processor.frame import Header, Unwritten
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.shares import Shares
from logmesh.processor.wal import stop_at_once
from logmesh.processor.writer.database import Database, Link, Overdue
from logmesh.processor.writer.destination import Destination
from logmesh.processor.writer.flush import RowRefused
from logmesh.processor.writer.gather import Gathering
from logmesh.processor.writer.group import Group, Part
from logmesh.processor.writer.ledger import LedgerChanged
from logmesh.processor.writer.opened import Opened, read_back
from logmesh.processor.writer.pace import Pace
from logmesh.processor.writer.prepare import Prepared, RefusedEntries
from logmesh.processor.writer.resolve import Numbers
from logmesh.processor.writer.retry import Retry
from logmesh.processor.writer.settle import Settling
from logmesh.processor.writer.sort import Branches, Flushed
from logmesh.runtime import metrics
from logmesh.runtime.propagation import span_for
from logmesh.runtime.steps import Steps
from logmesh.storage.ledger import move_spools
from logmesh.storage.maintenance import make_partitions

log = structlog.get_logger()
tracer = trace.get_tracer(__name__)
T = TypeVar("T")

_OVERDUE = 1.5
"""Times the deadline of one attempt: after them a room counts as overdue, with all that was tried again in it."""
_GROUPS = 2
"""Between gather and settle: one is flushed, and one made ready meanwhile."""
_EARLY_SECONDS = 0.05
"""How long before the end of a group's flush the next group is ready, if all goes as expected."""


class Writer:
    """Stores what `put` gives it. On the event loop `settled` is called for each batch that the database then holds,
    `lost` for one that the log can't give back, `forked` for one whose number another batch has, `foreign` for one that
    came from another principal than the spool's. Records go `into` their destination."""

    def __init__(
        self,
        settings: ProcessorSettings,
        journal: Journal,
        pool: "asyncpg.Pool",
        shares: Shares,
        settled: Callable[[Unwritten, Prepared], None],
        lost: Callable[[Unwritten], None],
        forked: Callable[[Unwritten], None],
        foreign: Callable[[Unwritten], None],
        into: Destination,
    ) -> None:
        self._journal, self._pool, self._shares = journal, pool, shares
        self._lost, self._into = lost, into
        self._database = Database(settings.database_dsn.get_secret_value(), f"logmesh-processor {settings.name}")
        self._resolving, self._flushing = Link(self._database, "resolve"), Link(self._database, "flush")
        self._gathering = Gathering(settings.flush_interval_seconds)
        self._settling = Settling(journal, settled, forked, foreign)
        self._branches = Branches()
        self._tenants = settings.tenants
        self._deadline = settings.database_seconds
        rows = settings.flush_rows or into.flush_rows
        self._pace = Pace(rows, settings.flush_bytes, self._deadline, aim=settings.flush_interval_seconds)
        self._retry = Retry()
        self._steps = Steps(metrics.STEP_SECONDS)
        self._free = asyncio.Semaphore(_GROUPS)
        self._flush_due = 0.0  # when what is ready, or being flushed, should be stored
        self._flushed = asyncio.Event()
        self._ready_seconds = 0.0  # what making the last group ready took
        self._in_hand: list[Group] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")

    @property
    def stored(self) -> int:
        """Records stored since the start."""
        return self._settling.stored

    @property
    def rejected(self) -> Counter[str]:
        """Records kept as dead letters since the start, by reason."""
        return self._settling.rejected

    @property
    def write_errors(self) -> int:
        """Attempts that failed since the start, and were made again."""
        return self._retry.errors

    def put(self, unwritten: Unwritten) -> None:
        """Take a durable batch."""
        metrics.UNWRITTEN_BATCHES.inc()
        self._shares.add(unwritten.header.key, unwritten.ref.length)
        self._gathering.put(unwritten)

    def unwritten(self) -> int:
        """Durable batches that are not in the database yet."""
        return len(self._gathering.backlog) + sum(len(group.waits) for group in self._in_hand)

    def lag_seconds(self) -> float:
        """Age of the oldest of them."""
        received = [unwritten.header.received_unix_nano for group in self._in_hand for unwritten in group.waits]
        if (oldest := self._gathering.backlog.oldest_unix_nano()) is not None:
            received.append(oldest)
        return max(0.0, time.time() - min(received) / 1e9) if received else 0.0

    def overdue_seconds(self) -> float:
        """How long the step that is overdue the longest has taken until now; 0 while all are in time."""
        return self._steps.overdue_seconds()

    def moment(self) -> Moment:
        """Now, as times of records are judged by it."""
        return replace(self._database.moment(), earliest=self._into.earliest)

    async def spool_of(self, header: Header) -> int:
        """The number of a batch's spool, asked of the database once. Raises what asyncpg raises."""
        return await self._database.numbers.spool_of(self._pool.fetch, header)

    async def run(self) -> None:
        """Work until cancelled."""
        ready: asyncio.Queue[Group] = asyncio.Queue(_GROUPS)
        with self._steps.watched():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._make_ready(ready))
                tasks.create_task(self._store(ready))

    async def close(self) -> None:
        """Close the connections; what is not written stays in the log."""
        self._thread.shutdown(wait=True)
        self._into.close()
        self._resolving.close()
        self._flushing.close()

    async def _make_ready(self, ready: "asyncio.Queue[Group]") -> None:
        while True:
            await self._free.acquire()
            await self._gathering.something()
            await self._not_too_early()
            group = await self._gather()
            self._flushed.clear()
            self._flush_due = max(self._flush_due, time.monotonic()) + self._expected(group)
            await ready.put(group)

    async def _gather(self) -> Group:
        """The next group, prepared. What it was made of is let go with this function, before the next one is waited for."""
        most_rows, most_bytes = self._pace.most()
        with self._step("gather"):
            quiet, others = await self._gathering.group(most_rows, most_bytes)
        began = time.monotonic()
        group = Group(deque(quiet + others))
        self._in_hand.append(group)
        part = await self._prepare(await self._open(group, quiet + others, most_bytes))
        group.parts.append(part)
        if quiet and others and self._pace.is_slow(*part.weight()):
            group.store_first(quiet)
        self._ready_seconds = time.monotonic() - began
        return group

    async def _not_too_early(self) -> None:
        """Wait for the end of a flush that takes much longer than making the next group ready: what comes in meanwhile would have
        to wait for both, and the group would take memory."""
        left = self._flush_due - 2 * self._ready_seconds - _EARLY_SECONDS - time.monotonic()
        if left > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._flushed.wait()

    async def _store(self, ready: "asyncio.Queue[Group]") -> None:
        while True:
            await self._store_group(await ready.get())
            self._free.release()

    async def _store_group(self, group: Group) -> None:
        if (pause := self._into.pause_seconds) > 0:
            metrics.FLUSH_PAUSES.inc()
            await asyncio.sleep(pause)
        self._flushed.clear()
        while group.parts:
            self._flush_due = time.monotonic() + self._expected(group)
            part = group.parts.popleft()
            with self._step("flush"):
                flushed = await self._retry.until_done("flush", partial(self._flush, group, part))
            with self._step("settle"):
                self._settle(group, part, flushed)
        self._in_hand.remove(group)
        self._flush_due = time.monotonic()
        self._flushed.set()

    def _expected(self, group: Group) -> float:
        """Seconds that the flushes of a group should take."""
        return sum(self._pace.expected(*part.weight()) for part in group.parts)

    async def _open(self, group: Group, batches: Sequence[Unwritten], most_bytes: int | None = None) -> list[Opened]:
        """Read batches of `group` back. What is too much for memory is left for another one, what is damaged asked for again."""
        read = partial(read_back, self._journal, batches, most_bytes)
        reading = await self._retry.until_done("read", partial(self._on_thread, read))
        group.give_back(reading.left)
        self._gathering.put_back(reading.left)
        for unwritten, error in reading.damaged:
            # COMMITTED was not said, so the producer's spool still has it.
            log.error("batch in the write-ahead log is corrupt", event_name="wal_corrupt", error=error)
            group.drop([unwritten])
            self._shares.remove(unwritten.header.key, unwritten.ref.length)
            self._journal.set_aside(unwritten.ref)
            metrics.WAL_QUARANTINED.set(len(self._journal.quarantined))
            metrics.UNWRITTEN_BATCHES.dec()
            self._lost(unwritten)
        return reading.opened

    async def _prepare(self, opened: list[Opened], refused: RefusedEntries | None = None) -> Part:
        """Resolve and prepare; strictly when the database has `refused` some of it before."""
        with self._step("resolve"):
            numbers = await self._retry.until_done("resolve", partial(self._resolve, opened))
        make = partial(self._into.prepare, opened, self.moment(), strict=refused is not None, refused=refused)
        with self._step("prepare"):
            prepared = await self._retry.until_done("prepare", partial(self._on_thread, make))
        return Part(numbers, [(each.unwritten, result) for each, result in zip(opened, prepared, strict=True)])

    async def _resolve(self, opened: list[Opened]) -> Numbers:
        async with self._resolving.within(self._deadline) as connection:
            numbers = self._database.numbers
            await self._take_along(connection, numbers, [each.unwritten.header for each in opened])
            await numbers.resolve(connection.fetch, opened, origins=self._into.numbers_origins)
            return numbers

    async def _take_along(self, connection: "asyncpg.Connection", numbers: Numbers, headers: Sequence[Header]) -> None:
        """What a provisional stream's Hello would have done for a producer that was moved to another tenant meanwhile."""
        moved: dict[tuple[str, str], set[str]] = {}
        for header in headers:
            key, principal = header.key, header.principal
            if header.provisional and key not in numbers.spools and self._tenants.get(principal) == key.tenant:
                moved.setdefault((key.tenant, principal), set()).add(key.spool_id)
        for (tenant, principal), spool_ids in moved.items():
            await move_spools(connection, tenant, principal, list(spool_ids))

    async def _flush(self, group: Group, part: Part) -> Flushed:
        """One attempt, with what its errors teach: `part` may be smaller or prepared anew when it fails."""
        refused: RefusedEntries = {}
        while True:
            try:
                return await self._transaction(group, part, refused)
            except LedgerChanged as error:
                log.warning("the database was replaced", event_name="ledger_changed", error=str(error))
                self._database.forget()
            except (Overdue, asyncpg.QueryCanceledError):
                self._pace.missed(len(part.batches), *part.weight())
                if len(part.batches) > 1:
                    group.parts.appendleft(part.cut(len(part.batches) // 2))
                raise
            except asyncpg.CheckViolationError:  # no partition for a row: the clocks moved, or it was not made ahead
                self._database.doubt()
                await make_partitions(self._pool)
                await self._prepare_again(group, part, refused)
                raise
            except RowRefused as error:
                await self._mend(group, part, error, refused)

    async def _transaction(self, group: Group, part: Part, refused: RefusedEntries) -> Flushed:
        while True:
            async with self._flushing.within(self._pace.deadline()) as connection:
                began = time.monotonic()  # making the connection is no part of what a flush costs
                if part.numbers is self._database.numbers:
                    streams = (unwritten.stream for unwritten, _ in part.batches)
                    with span_for(tracer, "flush", streams, batches=len(part.batches)):
                        flushed = await self._into.flush(connection, part.prepared(), self._branches)
                    if flushed.stored:  # else it says nothing of how quick the database is
                        self._pace.kept(time.monotonic() - began, *part.weight())
                    return flushed
            await self._prepare_again(group, part, refused)

    async def _prepare_again(self, group: Group, part: Part, refused: RefusedEntries) -> None:
        opened = await self._open(group, [unwritten for unwritten, _ in part.batches])
        again = await self._prepare(opened, refused or None)
        part.numbers, part.batches = again.numbers, again.batches

    async def _mend(self, group: Group, part: Part, error: RowRefused, refused: RefusedEntries) -> None:
        """One row made COPY fail: check every entry strictly; a row that fails all the same becomes a dead letter."""
        if not refused:
            refused.update({unwritten.ref: {} for unwritten, _ in part.batches})
        elif error.found is None:
            raise error
        else:
            prepared, entry = error.found
            (ref,) = (unwritten.ref for unwritten, mine in part.batches if mine is prepared)
            refused[ref][entry] = f"refused by the database: {error}"
        await self._prepare_again(group, part, refused)

    def _settle(self, group: Group, part: Part, flushed: Flushed) -> None:
        group.drop([unwritten for unwritten, _ in part.batches])
        locked = {id(prepared) for prepared in flushed.locked}
        done = [batch for batch in part.batches if id(batch[1]) not in locked]
        for unwritten, _ in done:
            self._shares.remove(unwritten.header.key, unwritten.ref.length)
        self._gathering.backlog.stored(unwritten.header.key for unwritten, _ in done)
        if locked:
            waiting = [unwritten for unwritten, prepared in part.batches if id(prepared) in locked]
            self._gathering.put_off(waiting)
            metrics.BATCHES_DEFERRED.inc(len(waiting))
        try:
            self._settling.settle(done, flushed)
        except JournalFailed as error:
            stop_at_once(error)

    def _step(self, name: str) -> AbstractContextManager[None]:
        return self._steps.step(name, self._deadline * _OVERDUE)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

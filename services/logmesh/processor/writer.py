"""Follows the write-ahead log into the database: gathers batches, prepares them off the event loop, flushes, settles.

Preparing the next group overlaps with the flush of the one before. An error that is not the data's own is tried again
until it passes: what is in the log is stored in the end.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import asyncpg
import structlog
from opentelemetry import trace

from logmesh.journal import FrameRef, Journal, JournalCorrupt, JournalFailed
from logmesh.processor.flush import Flushed, LedgerChanged, flush, refused_row
from logmesh.processor.frame import Origin, Unwritten, decode_frame
from logmesh.processor.origins import Origins
from logmesh.processor.prepare import OriginUnknown, Prepared, prepare
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.wal import stop_at_once
from logmesh.runtime import metrics
from logmesh.runtime.propagation import span_for
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.maintenance import make_partitions
from logmesh.storage.postgres import connect_writer, is_data_error
from logmesh.storage.sql import load

log = structlog.get_logger()
tracer = trace.get_tracer(__name__)

_MAX_BACKOFF_SECONDS = 5.0
T = TypeVar("T")


@dataclass(slots=True)
class Group:
    """Batches for one flush. The numbers of spools and origins in them hold for connections of `generation`."""

    generation: int
    batches: list[tuple[Unwritten, Prepared]]


class Writer:
    """Stores what `put` gives it. On the event loop `settled` is called for each batch that the database then holds,
    `lost` for one that the log can't give back."""

    def __init__(
        self,
        settings: ProcessorSettings,
        journal: Journal,
        pool: "asyncpg.Pool",
        settled: Callable[[Unwritten, Prepared], None],
        lost: Callable[[Unwritten], None],
        *,
        with_traces: bool,
    ) -> None:
        self._settings, self._journal, self._pool = settings, journal, pool
        self._settled, self._lost, self._with_traces = settled, lost, with_traces
        self.stored = 0
        """Records stored since the start."""
        self.rejected: Counter[str] = Counter()
        """Records kept as dead letters since the start, by reason."""
        self.write_errors = 0
        """Attempts that failed since the start, and were made again."""
        self._unwritten: deque[Unwritten] = deque()
        self._unwritten_rows = 0
        self._in_flight: deque[Unwritten] = deque()
        self._wake = asyncio.Event()
        self._origins = Origins()
        self._spools: dict[SpoolKey, int] = {}
        self._generation = 0
        self._connection: asyncpg.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")

    def put(self, unwritten: Unwritten) -> None:
        """Take a durable batch."""
        self._unwritten.append(unwritten)
        self._unwritten_rows += unwritten.origin.count
        metrics.UNWRITTEN_BATCHES.inc()
        self._wake.set()

    def unwritten(self) -> int:
        """Durable batches that are not in the database yet."""
        return len(self._unwritten) + len(self._in_flight)

    def lag_seconds(self) -> float:
        """Age of the oldest of them."""
        oldest = (self._in_flight or self._unwritten or (None,))[0]
        return max(0.0, time.time() - oldest.origin.received_unix_nano / 1e9) if oldest else 0.0

    async def spool_of(self, origin: Origin) -> int:
        """The number of a batch's spool, asked of the database once. Raises what asyncpg raises."""
        spools, key = self._spools, origin.key  # `_forget_numbers` may replace them meanwhile
        if key not in spools:
            spools[key] = await self._pool.fetchval(
                load("restore_spool"), key.tenant, key.spool_id, origin.producer, origin.principal
            )
        return spools[key]

    async def run(self) -> None:
        """Work until cancelled."""
        ready: asyncio.Queue[Group] = asyncio.Queue(1)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._prepare_groups(ready))
            group.create_task(self._flush_groups(ready))

    async def close(self) -> None:
        """Close the connection; what is not written stays in the log."""
        self._thread.shutdown(wait=True)
        if self._connection is not None:
            self._connection.terminate()

    async def _prepare_groups(self, ready: "asyncio.Queue[Group]") -> None:
        while True:
            batches = await self._gather()
            await ready.put(await self._until_done(partial(self._prepare_all, batches)))

    async def _flush_groups(self, ready: "asyncio.Queue[Group]") -> None:
        while True:
            group = await ready.get()
            await self._until_done(partial(self._flush_once, group))

    async def _flush_once(self, group: Group) -> None:
        try:
            await self._flush(group)
        except BaseException as error:
            # Whether COMMIT went through is unknown; only a new connection can be trusted.
            if self._connection is not None:
                self._connection.terminate()
                self._connection = None
            if isinstance(error, asyncpg.CheckViolationError):  # no partition for a row: make what is missing
                await make_partitions(self._pool)
            raise

    async def _gather(self) -> list[Unwritten]:
        """Wait for about `flush_rows` rows, or for `flush_interval_seconds` after the first."""
        while not self._unwritten:
            self._wake.clear()
            await self._wake.wait()
        deadline = time.monotonic() + self._settings.flush_interval_seconds
        while self._unwritten_rows < self._settings.flush_rows and (left := deadline - time.monotonic()) > 0:
            self._wake.clear()
            try:
                async with asyncio.timeout(left):
                    await self._wake.wait()
            except TimeoutError:
                break
        batches, rows = [], 0
        while self._unwritten and rows < self._settings.flush_rows:
            unwritten = self._unwritten.popleft()
            self._in_flight.append(unwritten)
            batches.append(unwritten)
            rows += unwritten.origin.count
        self._unwritten_rows -= rows
        return batches

    async def _prepare_all(self, batches: list[Unwritten]) -> Group:
        group = Group(self._generation, [])
        spools, origins = self._spools, self._origins
        known = await asyncio.get_running_loop().run_in_executor(
            self._thread, self._prepare_known, batches, spools, origins.numbers
        )
        for unwritten, prepared in zip(batches, known, strict=True):
            ready = prepared or await self._prepare(unwritten)
            if ready is not None:
                group.batches.append((unwritten, ready))
        return group

    def _prepare_known(
        self, batches: list[Unwritten], spools: dict[SpoolKey, int], origin_numbers: dict[tuple[str, bytes], int]
    ) -> list[Prepared | None]:
        """Prepare in one visit to the thread what needs no answer of the database; None for the rest."""
        ready: list[Prepared | None] = []
        for unwritten in batches:
            spool = spools.get(unwritten.origin.key)
            prepared = None
            if spool is not None:
                with contextlib.suppress(OriginUnknown, JournalCorrupt):
                    prepared = self._prepare_blocking(unwritten, spool, origin_numbers, strict=False, refused=None)
            ready.append(prepared)
        return ready

    async def _prepare(
        self, unwritten: Unwritten, *, strict: bool = False, refused: dict[int, str] | None = None
    ) -> Prepared | None:
        key = unwritten.origin.key
        origins = self._origins  # `_forget_numbers` may replace them meanwhile
        spool = await self.spool_of(unwritten.origin)
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._prepare_blocking, unwritten, spool, origins.numbers, strict, refused
                )
            except OriginUnknown as unknown:
                await origins.resolve(self._pool, key.tenant, unknown.origins)
            except JournalCorrupt as error:
                # COMMITTED was not said, so the producer's spool still has it.
                log.error("batch in the write-ahead log is corrupt", event_name="wal_corrupt", error=str(error))
                if unwritten in self._in_flight:  # not when the group is prepared a second time
                    self._in_flight.remove(unwritten)
                    self._journal.set_aside(unwritten.ref)
                    metrics.WAL_QUARANTINED.set(len(self._journal.quarantined))
                    metrics.UNWRITTEN_BATCHES.dec()
                    self._lost(unwritten)
                return None

    def _prepare_blocking(
        self,
        unwritten: Unwritten,
        spool: int,
        origin_numbers: dict[tuple[str, bytes], int],
        strict: bool,
        refused: dict[int, str] | None,
    ) -> Prepared:
        origin, raw = decode_frame(self._journal.read(unwritten.ref))
        return prepare(
            origin,
            raw,
            spool,
            origin_numbers,
            now_unix_nano=time.time_ns(),
            with_traces=self._with_traces,
            strict=strict,
            refused=refused,
        )

    async def _flush(self, group: Group) -> None:
        refused: dict[FrameRef, dict[int, str]] = {}
        while True:
            try:
                connection = await self._connected()
                if group.generation != self._generation:
                    await self._prepare_again(group)
                streams = (unwritten.stream for unwritten, _ in group.batches)
                with span_for(tracer, "flush", streams, batches=len(group.batches)):
                    flushed = await flush(connection, [prepared for _, prepared in group.batches])
                break
            except LedgerChanged as error:
                log.warning("the database was replaced", event_name="ledger_changed", error=str(error))
                self._forget_numbers()
            except asyncpg.PostgresError as error:
                if not is_data_error(error):
                    raise
                await self._mend(group, error, refused)
        self._settle(group, flushed)

    async def _prepare_again(self, group: Group) -> None:
        again = await self._prepare_all([unwritten for unwritten, _ in group.batches])
        group.generation, group.batches = again.generation, again.batches

    def _forget_numbers(self) -> None:
        """Another database may stand behind a new connection, and the same numbers mean something else in it."""
        self._spools, self._origins = {}, Origins()
        self._generation += 1

    async def _mend(self, group: Group, error: asyncpg.PostgresError, refused: dict[FrameRef, dict[int, str]]) -> None:
        """One row made COPY fail: check every entry strictly; a row that fails all the same becomes a dead letter."""
        found = refused_row(error, [prepared for _, prepared in group.batches])
        first_time = not refused
        mended: list[tuple[Unwritten, Prepared]] = []
        for unwritten, prepared in group.batches:
            mine = refused.setdefault(unwritten.ref, {})
            at_fault = found is not None and found[0] is prepared and not first_time
            if at_fault and found is not None:
                mine[found[1]] = f"refused by the database: {type(error).__name__}"
            if first_time or at_fault:
                again = await self._prepare(unwritten, strict=True, refused=mine)
                if again is not None:
                    mended.append((unwritten, again))
            else:
                mended.append((unwritten, prepared))
        group.batches = mended
        if found is None and not first_time:
            raise error

    def _settle(self, group: Group, flushed: Flushed) -> None:
        for _ in group.batches:
            self._in_flight.popleft()
        metrics.UNWRITTEN_BATCHES.dec(len(group.batches))
        now = time.time()
        rows = 0
        for prepared in flushed.stored:
            rows += prepared.rows
            metrics.RECORDS_UNACCOUNTED.inc(max(0, prepared.batch.count - prepared.rows - prepared.dead_count))
            metrics.PROCESSING_LATENCY.observe(max(0.0, now - prepared.batch.received_unix_nano / 1e9))
            for dead in prepared.dead:
                # A batch that can't be read is one dead letter, which stands for all of its records.
                records = prepared.dead_count // len(prepared.dead)
                metrics.DEAD_LETTERS.labels(dead.reason).inc(records)
                self.rejected[dead.reason] += records
        self.stored += rows
        metrics.LOGS_PROCESSED.inc(rows)
        metrics.FLUSH_ROWS.observe(rows)
        metrics.DUPLICATE_BATCHES.inc(len(flushed.duplicates))
        self._journal.release([unwritten.ref for unwritten, _ in group.batches])
        metrics.WAL_BYTES.set(self._journal.bytes_used())
        metrics.WAL_FILL.set(self._journal.fill())
        for unwritten, prepared in group.batches:
            self._settled(unwritten, prepared)

    async def _until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` until it returns. Every exception counts as "outcome unknown": asyncpg raises outside its own tree
        when its session is cut. A new connection, and the ledger, sort it out."""
        delay = 0.05
        while True:
            try:
                return await work()
            except JournalFailed as error:
                # The log failed in the background: without a batch to append nobody else would notice.
                stop_at_once(error)
            except Exception as error:  # noqa: BLE001  # see the docstring
                metrics.FLUSH_RETRIES.labels(type(error).__name__).inc()
                self.write_errors += 1
                log.warning("database did not take a flush, trying again", event_name="flush_retry", error=repr(error))
            await asyncio.sleep(random.uniform(0, delay))  # noqa: S311
            delay = min(delay * 2, _MAX_BACKOFF_SECONDS)

    async def _connected(self) -> "asyncpg.Connection":
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect_writer(
                self._settings.database_dsn.get_secret_value(), application=f"logmesh-processor {self._settings.name}"
            )
            self._forget_numbers()
        return self._connection

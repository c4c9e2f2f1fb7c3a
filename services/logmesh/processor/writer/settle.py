"""After the commit: the log's frames are released, what was stored is counted, and whoever waits is told. Nothing here is tried
again: the database has the batches, whatever happens to this machine's disk."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from logmesh.journal import Journal
from logmesh.processor.frame import Unwritten
from logmesh.processor.writer.prepare import Prepared
from logmesh.processor.writer.sort import Flushed
from logmesh.runtime import metrics

log = structlog.get_logger()


class Settling:
    """The room. `tell` is called for each batch that the database holds, `forked` for each that it will never take,
    `foreign` for each that another principal than the spool's has sent. `stored` and `rejected` are records since the start."""

    def __init__(
        self,
        journal: Journal,
        tell: Callable[[Unwritten, Prepared], None],
        forked: Callable[[Unwritten], None],
        foreign: Callable[[Unwritten], None],
    ) -> None:
        self._journal, self._tell, self._forked, self._foreign = journal, tell, forked, foreign
        self.stored = 0
        self.rejected: Counter[str] = Counter()

    def settle(self, batches: Sequence[tuple[Unwritten, Prepared]], flushed: Flushed) -> None:
        """Settle `batches`, which `flushed` stored, found stored, or found to be none that it may store. Raises JournalFailed."""
        self._count(flushed)
        metrics.UNWRITTEN_BATCHES.dec(len(batches))
        try:
            self._journal.release([unwritten.ref for unwritten, _ in batches])
        except OSError as error:
            # The frames come back with the next start, and the ledger knows them; the acknowledgements must not wait for that.
            log.error("a segment of the log can't be deleted", event_name="wal_not_deleted", error=str(error))
        metrics.WAL_BYTES.set(self._journal.bytes_used())
        metrics.WAL_FILL.set(self._journal.fill())
        for prepared in flushed.repeated:  # what another batch has stored is neither told nor cached again
            prepared.dead_count = prepared.texts = 0
            prepared.traces = {}
        forked = {id(prepared) for prepared in flushed.forked}
        foreign = {id(prepared) for prepared in flushed.foreign}
        for unwritten, prepared in batches:
            if id(prepared) in forked:
                self._forked(unwritten)
            elif id(prepared) in foreign:
                self._refuse(unwritten)
            else:
                self._tell(unwritten, prepared)

    def _refuse(self, unwritten: Unwritten) -> None:
        metrics.STREAMS_REFUSED.labels("forbidden").inc()
        header = unwritten.header
        log.error(
            "a batch that came while the database was away is of another principal's spool, and is not stored",
            event_name="batch_forbidden",
            spool=header.key.spool_id,
            seq=header.seq,
            principal=header.principal,
        )
        self._foreign(unwritten)

    def _count(self, flushed: Flushed) -> None:
        now = time.time()
        rows = 0
        for prepared in flushed.stored:
            rows += prepared.rows
            if (missing := prepared.batch.count - prepared.rows - prepared.dead_count) > 0:
                metrics.RECORDS_UNACCOUNTED.inc(missing)
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
        metrics.REPEATED_REQUESTS.inc(len(flushed.repeated))

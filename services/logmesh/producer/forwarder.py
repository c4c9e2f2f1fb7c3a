"""Sends the spool's batches and takes the acknowledgements, with the producer's metrics and log beside it."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import grpc
import structlog
from opentelemetry import trace

from logmesh.client.delivering.delivery import NO_FILES, deliver
from logmesh.client.delivering.greeting import Sender
from logmesh.client.delivering.lanes import Divergence
from logmesh.client.delivering.outbox import Outbox
from logmesh.client.delivering.session import Metadata, StreamEnd, TenantIgnored
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics
from logmesh.runtime.channel import Dialer
from logmesh.runtime.propagation import metadata_of_current_span

log = structlog.get_logger()
tracer = trace.get_tracer(__name__)


class Forwarder:
    """`spooled` wakes it for a new batch. `progress(records)` is called as records are committed, `failed(error)` as streams
    break, `refused(what)` for each batch that will never be stored, `otherwise(dead_letters, attributes_as_text)` for records that
    were not stored as they came. `tenant` names whose records these are, where they are others' (see `Hello.tenant`)."""

    def __init__(
        self,
        settings: ProducerSettings,
        spool: Outbox,
        progress: Callable[[int], None] | None = None,
        failed: Callable[[str], None] | None = None,
        refused: Callable[[str], None] | None = None,
        otherwise: Callable[[int, int], None] | None = None,
        tenant: str = "",
    ) -> None:
        self._settings, self._spool, self._tenant = settings, spool, tenant
        self._progress, self._failed, self._refused, self._otherwise = progress, failed, refused, otherwise
        self.wake = asyncio.Event()
        self._all_committed = asyncio.Event()
        self.last_error = ""
        self.any_age = False
        """Whether records are stored under their own time, however old they are."""

    def spooled(self) -> None:
        """There is a new batch in the spool."""
        self._all_committed.clear()
        self.wake.set()

    async def all_committed(self) -> None:
        """Wait until the database has confirmed every batch in the spool."""
        while self._spool.uncommitted():
            self._all_committed.clear()
            await self._all_committed.wait()

    async def run(self) -> None:
        """Send until cancelled; see `deliver`."""
        settings = self._settings
        await deliver(
            Dialer(settings.target, settings.tls, server_name=settings.tls_server_name),
            self._spool, self, Sender(settings.name, self._tenant), settings.rotate_seconds, self._traced,
        )  # fmt: skip

    def opened(self, processor: str, to_send: int, database_away: str, *, any_age: bool) -> None:
        """See `Listener`."""
        self.any_age = any_age
        without = {"database_away": database_away} if database_away else {}
        log.info("stream is open", event_name="stream_open", processor=processor, to_send=to_send, **without)

    def sent(self) -> None:
        """See `Listener`."""
        metrics.BATCHES_SENT.inc()

    def committed(self, records: int) -> None:
        """The database has confirmed `records` more."""
        metrics.RECORDS_COMMITTED.inc(records)
        if self._progress is not None and records:
            self._progress(records)
        if not self._spool.uncommitted():
            self._all_committed.set()

    def stored_otherwise(self, dead_letters: int, attributes_as_text: int) -> None:
        """See `Listener`."""
        log.warning(
            "records were not stored as they came",
            event_name="stored_otherwise",
            dead_letters=dead_letters,
            attributes_as_text=attributes_as_text,
        )
        if self._otherwise is not None:
            self._otherwise(dead_letters, attributes_as_text)

    def abandoned(self, seq: int, code: str, what: str) -> None:
        """A batch will never be stored."""
        metrics.BATCHES_REFUSED.labels(code).inc()
        log.error("a batch will not be stored", event_name="batch_abandoned", seq=seq, reason=what)
        if self._refused is not None:
            self._refused(what)
        self.committed(0)

    def diverged(self, divergence: Divergence) -> None:
        """The spool and the ledger do not tell the same."""
        metrics.SPOOL_DIVERGED.labels(divergence.code).inc()
        log.error(
            "the spool and the database differ",
            event_name="spool_diverged",
            code=divergence.code,
            spool=divergence.spool_id,
            batches_set_aside=divergence.batches,
            reason=divergence.what,
        )
        if divergence.batches:
            metrics.BATCHES_REFUSED.labels(divergence.code).inc(divergence.batches)
            if self._refused is not None:
                self._refused(divergence.what)
            self.committed(0)

    def ended(self, end: StreamEnd, error: Exception | None) -> None:
        """See `Deliverer`."""
        metrics.RECONNECTS.labels(end.reason).inc()
        if isinstance(error, grpc.aio.AioRpcError):
            self.last_error = f"{error.code().name}: {error.details()}"
        elif isinstance(error, TenantIgnored):
            self.last_error = str(error)
        elif end.reason == NO_FILES:
            self.last_error = f"batches can't be read just now: {error}"
        elif error is not None:
            self.last_error = f"no answer from {self._settings.target}"
            log.warning("the processor fell silent", event_name="stream_silent", error=repr(error))
        elif end.reason != "closed":
            return
        log.warning(
            "stream ended, connecting again", event_name="stream_ended", reason=end.reason, error=self.last_error
        )
        if self._failed is not None:
            self._failed(self.last_error)

    @contextlib.contextmanager
    def _traced(self) -> Iterator[Metadata]:
        """One stream's span, as the metadata that carries it."""
        attributes = {"logmesh.spool": self._spool.held()[-1].spool_id}
        with tracer.start_as_current_span("append", kind=trace.SpanKind.CLIENT, attributes=attributes):
            yield metadata_of_current_span()

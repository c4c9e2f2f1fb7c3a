"""Sends records exactly once: from a spool on disk over the death of this process, from memory as long as it lives."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from logmesh.client import forking
from logmesh.client.channel import Tls, authorization, credentials, open_channel
from logmesh.client.courier import Courier, Spooling
from logmesh.client.errors import AppendRefused, DeadlineExceeded, SpoolUnavailable
from logmesh.client.intake import Intake
from logmesh.client.memory_spool import MemorySpool
from logmesh.client.record import Record
from logmesh.client.row import Row, origin_of, row_of, text_bytes
from logmesh.client.spool import Spool
from logmesh.journal import JournalError
from logmesh.record.columns import OriginKey

_MEMORY_BYTES: Final = 64 << 20
_DISK_BYTES: Final = 1 << 30
_MAX_QUEUE_BYTES: Final = 16 << 20
_RETAIN_SECONDS: Final = 3600.0
_STOP_SECONDS: Final = 5.0


class Appender:
    """Takes records from any thread and has them stored by the processors, each exactly once.

    It survives lost connections and processors that restart. With a `spool` it also survives its own process: what is
    in there, a fifth of a second after `append` at the latest, is sent by the next Appender with the same folder.
    **Without a spool what has not been committed is lost with the process**; `flush` says when it is committed.

        with Appender("dns:///log-processor-headless:50052", service="checkout", spool=Path("/var/lib/checkout/spool")) as appender:
            appender.append(Record(body="order placed", severity="INFO", attributes={"order": 42}))

    A process that forks is looked after: the connection is closed before the fork, and each side opens its own. The
    child begins with nothing to send; a spool stays with the parent, and appending to it in the child raises
    SpoolUnavailable.
    """

    def __init__(
        self,
        target: str,
        *,
        service: str = "",
        instance: str = "",
        resource: Mapping[str, Any] | None = None,
        spool: Path | None = None,
        max_bytes: int | None = None,
        tls: Tls = None,
        server_name: str = "log-processor",
        token: str | None = None,
    ) -> None:
        """Open the spool; the connection is opened with the first record, or at once where the spool holds some.

        Args:
            target: processors, as any gRPC target: ``host:port``, ``dns:///headless:50052``, ``ipv4:a:1,b:1``.
            service: ``service.name`` of records that have none of their own.
            instance: ``service.instance.id``; empty: the host's name.
            resource: other attributes of this process, such as ``service.version``.
            spool: a folder of this appender's own, on a local disk.
            max_bytes: how much may wait to be committed; default 64 MiB in memory, 1 GiB on disk (at least 64 MiB).
            tls: TlsFiles for mutual TLS, a path of authorities to check the server against, None for plaintext.
            server_name: the name in the processors' certificates.
            token: a bearer token.

        Raises ValueError, SpoolUnavailable, and OSError for a file of `tls` that can't be read.
        """
        self._target, self._spool_folder = target, spool
        self._tls, self._server_name, self._token = tls, server_name, token
        self._max_bytes = max_bytes or (_MEMORY_BYTES if spool is None else _DISK_BYTES)
        if spool is not None and self._max_bytes < _MEMORY_BYTES:
            raise ValueError(f"a spool needs max_bytes of at least {_MEMORY_BYTES}")
        self._instance = instance or socket.gethostname()
        self._origin = origin_of(service, self._instance, resource or {})
        if tls is not None:
            credentials(tls)  # a file that is missing is the caller's to know, and not a thread's later
        self._guard = threading.Lock()
        self._closed = self._was_running = False
        self._begin(self._open_spool())
        forking.look_after(self)

    def append(self, record: Record | str, timeout: float = 30.0) -> None:
        """Take one record; a text is a record of this body. It returns at once while there is room for it.

        At the bound it waits for room at most `timeout` seconds, 0 not at all, and raises Overloaded. Raises ValueError
        for a record that no processor would store, Closed, and SpoolUnavailable where the spool's disk has failed.
        """
        if isinstance(record, str):
            record = Record(body=record)
        self.append_row(row_of(record, self._origin, time.time_ns()), timeout)

    def append_row(self, row: Row, timeout: float) -> None:
        """As `append`, for a record that is in columns already."""
        self._intake.put(row, timeout)
        if self._courier.thread_id is None:
            self._start()

    def origin_of_scope(self, scope: str) -> OriginKey:
        """What `append_row` needs to know of where a row of the logger `scope` comes from."""
        return self._origin._replace(scope_name=text_bytes(scope))

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until everything that was appended so far is committed: stored in the database, or kept there as a dead letter.

        Raises DeadlineExceeded, with the last error of the connection as its cause; AppendRefused when batches were
        refused for good since the last flush; SpoolUnavailable.
        """
        if not self._intake.flush(timeout):
            error = self._courier.last_error
            why = f"; last error: {error}" if error else ""
            raise DeadlineExceeded(f"{self.pending()} records are not committed after {timeout:g} s{why}") from error

    def pending(self) -> int:
        """How many records of this process are not committed yet."""
        return self._intake.unsettled()

    def close(self, timeout: float = 30.0) -> None:
        """Flush, and let go of connection and spool; what is in the spool then stays there. Safe to call twice.

        Raises what `flush` raises, after everything is closed.
        """
        with self._guard:
            if self._closed:
                return
            self._closed = True
        forking.forget(self)
        try:
            self.flush(timeout)
        finally:
            self._intake.close()
            if self._courier.stop(_STOP_SECONDS):
                self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()
            return
        # What went wrong in the body matters more than what may go wrong here.
        with contextlib.suppress(DeadlineExceeded, AppendRefused, SpoolUnavailable):
            self.close(_STOP_SECONDS)

    @property
    def thread_id(self) -> int | None:
        """`threading.get_ident()` of the appender's own thread, None while there is none."""
        return self._courier.thread_id

    def _open_spool(self) -> Spooling:
        if self._spool_folder is None:
            return MemorySpool(self._max_bytes - self._queue_bytes())
        try:
            return Spool(self._spool_folder, max_bytes=self._max_bytes, retain_seconds=_RETAIN_SECONDS)
        except (JournalError, OSError, ValueError) as error:
            raise SpoolUnavailable(str(error)) from error

    def _queue_bytes(self) -> int:
        return min(self._max_bytes // 4, _MAX_QUEUE_BYTES)

    def _begin(self, spool: Spooling) -> None:
        recovered = spool.uncommitted() > 0
        self._spool = spool
        self._intake = Intake(self._queue_bytes(), self._nudge, recovered=recovered)
        self._courier = Courier(
            self._intake,
            spool,
            lambda: open_channel(self._target, self._tls, server_name=self._server_name),
            self._target,
            self._instance,
            authorization(self._token),
        )
        if recovered:
            self._start()

    def _nudge(self) -> None:
        self._courier.nudge()

    def _start(self) -> None:
        with self._guard:
            if not self._closed:
                self._courier.start()

    def before_fork(self) -> None:
        """See `Forkable`."""
        self._guard.acquire()
        self._was_running = self._courier.thread_id is not None
        self._courier.stop(_STOP_SECONDS)

    def after_fork_in_parent(self) -> None:
        """See `Forkable`."""
        if self._was_running and not self._closed:
            self._courier.start()
        self._guard.release()

    def after_fork_in_child(self) -> None:
        """See `Forkable`."""
        self._guard = threading.Lock()
        if self._closed:
            return
        self._spool.leave_to_parent()
        self._begin(MemorySpool(self._max_bytes - self._queue_bytes()))
        if self._spool_folder is not None:
            self._intake.close(
                SpoolUnavailable(f"the spool {self._spool_folder} belongs to process {os.getppid()}, this one's parent")
            )

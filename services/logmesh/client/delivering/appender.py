"""Sends records exactly once: from a spool on disk over the death of this process, from memory as long as it lives."""

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from logmesh.client.channel import Dialer, Tls, authorization
from logmesh.client.delivering import forking
from logmesh.client.delivering.courier import Courier
from logmesh.client.delivering.ending import Ending
from logmesh.client.delivering.intake import Intake
from logmesh.client.delivering.memory_spool import MemorySpool
from logmesh.client.delivering.packer import Spooling
from logmesh.client.delivering.reach import Reach, State
from logmesh.client.delivering.row import Row, origin_of, row_of, scope_bytes
from logmesh.client.delivering.spool import Spool
from logmesh.client.errors import AppendRefused, Closed, DeadlineExceeded, LogmeshError, SpoolUnavailable
from logmesh.client.record import Record
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

    `state` says whether a processor is reached. What was not closed when the process ends is waited for, at most
    `exit_timeout` seconds.

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
        exit_timeout: float = 5.0,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        """Open the spool; the connection is opened with the first record, or at once where the spool holds some.

        Args:
            target: processors, as any gRPC target: ``host:port``, ``dns:///headless:50052``, ``ipv4:a:1,b:1``.
            service: ``service.name`` of records that have none of their own.
            instance: ``service.instance.id``; empty: the host's name.
            resource: other attributes of this process, such as ``service.version``.
            spool: a folder of this appender's own, on a local disk.
            max_bytes: how much may wait to be committed; default 64 MiB in memory, 1 GiB on disk (at least 64 MiB).
            tls: TlsFiles for mutual TLS, a path of authorities to check the server against, None for plaintext. Files that are
                replaced while it runs are read again.
            server_name: the name in the processors' certificates.
            token: a bearer token.
            exit_timeout: how many seconds the end of the process may wait for what is not committed.
            notice: called with a sentence when no processor was reached for five seconds, when one is again, and when a
                batch was refused for good; None: a warning of the logger `logmesh`. It runs on the thread that sends, so it
                must not block.

        Raises ValueError, SpoolUnavailable, and OSError for a file of `tls` that can't be read.
        """
        self._target, self._spool_folder = target, spool
        self._dialer, self._metadata = Dialer(target, tls, server_name=server_name), authorization(token)
        self._max_bytes = max_bytes or (_MEMORY_BYTES if spool is None else _DISK_BYTES)
        if spool is not None and self._max_bytes < _MEMORY_BYTES:
            raise ValueError(f"a spool needs max_bytes of at least {_MEMORY_BYTES}")
        self._instance = instance or socket.gethostname()
        self._exit_timeout = exit_timeout
        self._notice = _guarded(notice or _log_notice)
        self._origin = origin_of(service, self._instance, resource or {})
        self._dialer.check()  # a file that is missing is the caller's to know, and not a thread's later
        self._closing = threading.Lock()  # taken by the first `close`, for good
        self._closed = self._was_running = self._gave_up = False
        self._no_start: RuntimeError | None = None
        self._begin(self._open_spool())
        forking.look_after(self)
        _ending.watch_children()

    def append(self, record: Record | str, timeout: float = 30.0) -> None:
        """Take one record; a text is a record of this body. It returns at once while there is room for it.

        At the bound it waits for room at most `timeout` seconds, 0 not at all, and raises Overloaded. Raises ValueError
        and TypeError for a record that no processor would store, Closed, and SpoolUnavailable where the spool's disk has failed.
        """
        if isinstance(record, str):
            record = Record(body=record)
        self.append_row(row_of(record, self._origin, time.time_ns()), timeout)

    def append_row(self, row: Row, timeout: float) -> None:
        """As `append`, for a record that is in columns already."""
        self._intake.put(row, timeout)
        if not self._courier.running:
            self._start()

    def origin_of_scope(self, scope: str) -> OriginKey:
        """What `append_row` needs to know of where a row of the logger `scope` comes from."""
        return self._origin._replace(scope_name=scope_bytes(scope))

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until everything that was appended so far is committed: stored in the database, or kept there as a dead letter.

        Raises DeadlineExceeded, with the last error of the connection as its cause; AppendRefused when batches were
        refused for good since the last flush; SpoolUnavailable.
        """
        if not self._intake.flush(0 if self._gave_up else timeout):
            error = self._reach.last_error
            why = f"; last error: {error}" if error else ""
            raise DeadlineExceeded(f"{self.pending()} records are not committed after {timeout:g} s{why}") from error

    def pending(self) -> int:
        """How many records of this process are not committed yet."""
        return self._intake.unsettled()

    @property
    def state(self) -> State:
        """Whether a processor is reached, since when, why not, and how much waits."""
        return self._reach.state(self.pending())

    def close(self, timeout: float = 30.0) -> None:
        """Flush, and let go of connection and spool; what is in the spool then stays there. Safe to call twice.

        Raises what `flush` raises, after everything is closed.
        """
        if self._closed or not self._closing.acquire(blocking=False):
            return
        with forking.nothing_starts(_STOP_SECONDS):
            self._closed = True
        forking.forget(self)
        try:
            self.flush(timeout)
        finally:
            self._intake.close()
            if self._courier.stop(_STOP_SECONDS):
                self._spool.close()
            self._reach.close()

    def release(self) -> None:
        """Close it without waiting, once everything is committed: nobody appends any more."""
        self._released = True
        self._courier.release(self._let_go)
        if not self._courier.running:
            self._let_go()

    def finish(self, began: float) -> None:
        """Wait for what is not committed until `exit_timeout` after `began`, in `time.monotonic()`: the process ends."""
        left = 0 if self._gave_up else max(0.0, began + self._exit_timeout - time.monotonic())
        try:
            committed = self._intake.flush(left)
        except LogmeshError:  # which was said when it happened
            return
        self._gave_up = not committed
        if self._released and not committed:
            self._notice(f"{self.pending()} records of a handler that was removed are not committed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()
            return
        # What went wrong in the body matters more than what may go wrong here.
        with contextlib.suppress(DeadlineExceeded, AppendRefused, SpoolUnavailable):
            self.close(_STOP_SECONDS)

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
        self._released = False
        self._spool, self._reach = spool, Reach(self._target)
        self._intake = Intake(self._queue_bytes(), self._nudge, recovered=recovered)
        self._courier = Courier(
            self._intake,
            spool,
            self._dialer,
            self._target,
            self._instance,
            self._metadata,
            self._reach,
            self._notice,
        )
        if recovered:
            self._start()

    def _nudge(self) -> None:
        self._courier.nudge()

    def _start(self) -> None:
        forking.start(self)
        if (error := self._no_start) is not None:
            raise Closed(f"nothing can be sent any more, for the process ends: {error}") from error

    def _let_go(self) -> None:
        """Nothing of it is left to be sent, and nobody refers to it."""
        if self._closed:
            return
        self._closed = True
        forking.forget(self)
        self._intake.close()
        self._spool.close()
        self._reach.close()

    def go_on(self) -> None:
        """See `Forkable`."""
        if self._closed:
            return
        try:
            self._courier.start()
            self._no_start = None
        except RuntimeError as error:
            self._gave_up, self._no_start = True, error

    def before_fork(self) -> None:
        """See `Forkable`."""
        self._was_running = self._courier.running
        self._courier.stop(_STOP_SECONDS)

    def after_fork_in_parent(self) -> None:
        """See `Forkable`."""
        # Also what was appended meanwhile, after the stop had begun.
        if self._was_running or self.pending():
            forking.start(self)

    def after_fork_in_child(self) -> None:
        """See `Forkable`."""
        if self._closed:
            return
        self._closing = threading.Lock()
        released, self._gave_up, self._no_start = self._released, False, None
        self._spool.leave_to_parent()
        self._begin(MemorySpool(self._max_bytes - self._queue_bytes()))
        if self._spool_folder is not None:
            self._intake.close(
                SpoolUnavailable(f"the spool {self._spool_folder} belongs to process {os.getppid()}, this one's parent")
            )
        _ending.watch_children()
        if released:
            self._let_go()


def _guarded(notice: Callable[[str], None]) -> Callable[[str], None]:
    """It is foreign code, and what it raises must not end what is sent beside it."""

    def say(sentence: str) -> None:
        try:
            notice(sentence)
        except Exception:
            logging.getLogger("logmesh").exception("notice has failed, which was to say: %s", sentence)

    return say


def _log_notice(sentence: str) -> None:
    logging.getLogger("logmesh").warning("%s", sentence)


def _finish(began: float) -> None:
    # All of them send meanwhile, so that the longest `exit_timeout` is the longest that this takes.
    for forkable in forking.looked_after():
        forkable.finish(began)


_ending = Ending(_finish)

"""A handler for Python's `logging`: it never waits, never raises into the application, and says what it had to drop."""

import contextlib
import logging
import sys
import time
import weakref
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from logmesh.client.channel import Tls
from logmesh.client.delivering.appender import Appender
from logmesh.client.delivering.io_thread import on_own_thread
from logmesh.client.delivering.log_fields import row_of
from logmesh.client.delivering.reach import State
from logmesh.client.errors import DeadlineExceeded, LogmeshError, SpoolUnavailable
from logmesh.record.columns import OriginKey

_REPORT_SECONDS: Final = 60.0
_MAX_LOGGERS: Final = 10_000
# Their records are about the sending itself: sending them would never end.
_OWN: Final = ("logmesh", "grpc")


class LogmeshHandler(logging.Handler):
    """Sends log records through an `Appender` of its own.

        logging.getLogger().addHandler(LogmeshHandler("dns:///log-processor-headless:50052", service="checkout"))

    Members of `extra` become attributes; so do where the code is and what was raised, by OpenTelemetry's names. Trace and
    span id are those of OpenTelemetry's current span. The body is what the handler's formatter makes of the record.

    `emit` puts the record into a bounded queue. Where that is full, the record is dropped and counted in `dropped`, and
    standard error is told once a minute. Standard error is also told when no processor was reached for five seconds, and when
    one is again; `state` says so at any time. The end of the process waits for what is left, at most `exit_timeout` seconds,
    also where the handler was removed and is referred to by nobody. A process that forks is looked after as `Appender` says;
    in a child, a handler with a spool goes on without one.
    """

    def __init__(
        self,
        target: str,
        *,
        level: int | str = logging.NOTSET,
        service: str = "",
        instance: str = "",
        resource: Mapping[str, Any] | None = None,
        spool: Path | str | None = None,
        max_bytes: int | None = None,
        tls: Tls = None,
        server_name: str = "log-processor",
        token: str | None = None,
        exit_timeout: float = 5.0,
    ) -> None:
        """See `Appender` for everything but `level` and `exit_timeout`, and for what is raised."""
        super().__init__(level)
        self._settings: dict[str, Any] = {
            "target": target, "service": service, "instance": instance, "resource": resource, "max_bytes": max_bytes,
            "tls": tls, "server_name": server_name, "token": token, "exit_timeout": exit_timeout, "notice": _say,
        }  # fmt: skip
        self._exit_timeout = exit_timeout
        self._adopt(Appender(spool=Path(spool) if spool is not None else None, **self._settings))
        self._origins: dict[str, OriginKey] = {}
        self._reported, self._reported_at = 0, 0.0
        self._gave_up = False
        self.dropped = 0

    def handle(self, record: logging.LogRecord) -> bool:
        """As any handler's, but for records about the sending itself: those it leaves alone."""
        if record.name.partition(".")[0] in _OWN or on_own_thread():
            return False
        return bool(super().handle(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one record; what can't be formatted goes to `logging.Handler.handleError`."""
        try:
            row = row_of(record, self.format(record), self._origin(record.name))
        except Exception:  # noqa: BLE001  # arguments and formatters are foreign code
            self.handleError(record)
            return
        try:
            self._appender.append_row(row, timeout=0)
        except SpoolUnavailable as error:
            self._go_on_without_spool(error)
            self.emit(record)
        except LogmeshError as error:
            self.dropped += 1
            self._tell(error)

    @property
    def state(self) -> State:
        """Whether a processor is reached, since when, why not, how many records wait, and how many were dropped."""
        return replace(self._appender.state, dropped=self.dropped)

    def flush(self) -> None:
        """Wait until what was logged so far is stored, at most `exit_timeout` seconds; what is wrong goes to standard error."""
        self._gave_up = False
        try:
            self._appender.flush(self._exit_timeout)
        except LogmeshError as error:
            self._gave_up = isinstance(error, DeadlineExceeded)
            _say(f"{error}")

    def close(self) -> None:
        """Flush, and let go of the connection. At exit `flush` came before it: what it waited for in vain is not waited for
        again."""
        super().close()
        try:
            self._appender.close(0 if self._gave_up else self._exit_timeout)
        except LogmeshError as error:
            if not self._gave_up:
                _say(f"{error}")
        if self.dropped > self._reported:
            _say(f"{self.dropped - self._reported} records were dropped")

    def _origin(self, logger: str) -> OriginKey:
        origin = self._origins.get(logger)
        if origin is None:
            if len(self._origins) >= _MAX_LOGGERS:
                self._origins.clear()
            origin = self._origins[logger] = self._appender.origin_of_scope(logger)
        return origin

    def _go_on_without_spool(self, error: SpoolUnavailable) -> None:
        _say(f"{error}; it goes on in memory")
        self._adopt(Appender(**self._settings))

    def _adopt(self, appender: Appender) -> None:
        self._appender = appender
        # A handler that was only removed is collected, and logging's own shutdown does not know it.
        weakref.finalize(self, appender.release).atexit = False

    def _tell(self, reason: Exception) -> None:
        """Say what was dropped since the last time, once a minute."""
        now = time.monotonic()
        if self._reported_at and now - self._reported_at < _REPORT_SECONDS:
            return
        _say(f"{self.dropped - self._reported} records were dropped: {reason}")
        self._reported, self._reported_at = self.dropped, now


def _say(text: str) -> None:
    with contextlib.suppress(
        OSError, ValueError, RuntimeError
    ):  # there may be none any more, or this interrupts a write to it
        print(f"logmesh: {text}", file=sys.stderr)

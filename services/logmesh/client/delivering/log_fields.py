"""What a `logging.LogRecord` says, as a row: OpenTelemetry's severity, semantic conventions for code and exceptions, `extra`."""

import logging
import sys
from typing import Any, Final

from logmesh.client.delivering.attribute_limits import attributes_within_limits
from logmesh.client.delivering.row import MAX_UNIX_NANO, Row, text_bytes
from logmesh.record.columns import OriginKey
from logmesh.record.limits import MAX_BODY_BYTES, MAX_SEVERITY_TEXT_BYTES

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_TRACEBACKS: Final = logging.Formatter()


def severity_of(level: int) -> int:
    """The severity of a level: DEBUG, INFO, WARNING, ERROR and CRITICAL at the first step of their level, what lies between
    them at a later one."""
    if level <= 0:
        return 0
    step = min(level // 10, 5)
    return 1 + 4 * step + min(3, max(0, level - 10 * step) * 4 // 10)


def row_of(record: logging.LogRecord, body: str, origin: OriginKey) -> Row:
    """The row of a record whose text is `body`. What is longer than a record may be is cut, and an attribute says so; a time
    beyond those that are stored becomes the nearest one."""
    attributes = fields_of(record)
    raw = text_bytes(body)
    if len(raw) > MAX_BODY_BYTES:
        attributes["logmesh.body_cut_from_bytes"] = len(raw)
        raw = raw[:MAX_BODY_BYTES].decode("utf-8", "ignore").encode()
    trace_id, span_id = current_span()
    return Row(
        min(max(0, int(record.created * 1e9)), MAX_UNIX_NANO),  # others may have made it, in milliseconds for one
        severity_of(int(record.levelno)),
        text_bytes(record.levelname)[:MAX_SEVERITY_TEXT_BYTES],
        raw,
        attributes_within_limits(attributes),
        trace_id,
        span_id,
        origin,
    )


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Attributes: members of `extra` by their own names, where the code is, what was raised."""
    fields: dict[str, Any] = {"code.file.path": record.pathname, "code.line.number": record.lineno}
    if record.funcName and record.funcName != "<module>":
        fields["code.function.name"] = record.funcName
    if record.threadName is not None:
        fields |= {"thread.name": record.threadName, "thread.id": record.thread}
    if record.exc_info and record.exc_info[0] is not None:
        kind, error, _ = record.exc_info
        module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
        fields["exception.type"] = f"{module}{kind.__qualname__}"
        fields["exception.message"] = error
        fields["exception.stacktrace"] = record.exc_text or _TRACEBACKS.formatException(record.exc_info)
    extra = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
    return extra | fields


def current_span() -> tuple[bytes, bytes]:
    """Trace id and span id of OpenTelemetry's current span; no bytes where there is none.

    An application that has spans has imported OpenTelemetry: it need not be imported, or installed, for this.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return b"", b""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return b"", b""
    return context.trace_id.to_bytes(16, "big"), context.span_id.to_bytes(8, "big")

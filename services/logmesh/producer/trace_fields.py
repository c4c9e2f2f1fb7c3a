"""Finds the trace and the span that a line belongs to among its fields, as tracers and loggers name them."""

from typing import Any, Final

from logmesh.producer.field_names import spellings
from logmesh.record.trace_ids import ids_of_header, span_id, trace_id

_B3: Final = ("X-B3-", "x-b3-", "X_B3_", "x_b3_")
_TRACE_IDS: Final = dict.fromkeys(
    (
        *spellings("trace", "id"), *spellings("otel", "trace", "id"), *spellings("x", "trace", "id"),
        *(prefix + name for prefix in _B3 for name in ("TraceId", "traceid", "traceId", "Traceid")),
        *(f"{holder}.{name}" for holder in ("mdc", "contextMap", "context", "fields") for name in ("trace_id", "traceId")),
        "@tr", "operation_Id", "ot-tracer-traceid",
    )
)  # fmt: skip
_SPAN_IDS: Final = dict.fromkeys(
    (
        *spellings("span", "id"), *spellings("otel", "span", "id"), *spellings("x", "span", "id"),
        *(prefix + name for prefix in _B3 for name in ("SpanId", "spanid", "spanId", "Spanid")),
        *(f"{holder}.{name}" for holder in ("mdc", "contextMap", "context", "fields") for name in ("span_id", "spanId")),
        "@sp", "logging.googleapis.com/spanId", "ot-tracer-spanid",
    )
)  # fmt: skip
# Datadog writes its ids as decimal numbers of any length.
_DATADOG: Final = frozenset(
    (*spellings("dd", "trace", "id"), *spellings("dd", "span", "id"), "dd.trace_id", "dd.span_id")
)
_DATADOG_TRACES: Final = frozenset(key for key in _DATADOG if "race" in key.lower())
# Values that may hold more than an id, or something else altogether.
_HEADERS: Final = (
    "traceparent", "Traceparent", "TraceParent", "trace", "b3", "B3", "uber-trace-id", "Uber-Trace-Id", "X-Amzn-Trace-Id",
    "x-amzn-trace-id", "x_amzn_trace_id", *spellings("xray", "trace", "id"), *spellings("xray", "trace"), "_X_AMZN_TRACE_ID",
    "logging.googleapis.com/trace", "x-cloud-trace-context", "X-Cloud-Trace-Context", "sentry-trace", "sentry_trace",
)  # fmt: skip
_HOLDERS: Final = frozenset(
    ("trace", "span", "dd", "otel", "context", "contextMap", "mdc", "MDC", "fields", "extra", "properties", "Properties",
     "attributes", "labels", "tags", "record", "log", "headers", "Scopes", "scopes", *spellings("span", "context"),
     *spellings("trace", "context"))
)  # fmt: skip
_MOST_HELD: Final = 16

_SPAN_KEYS: Final = frozenset((*_SPAN_IDS, *_DATADOG, "span"))
_TRACE_KEYS: Final = frozenset((*_TRACE_IDS, *_SPAN_IDS, *_DATADOG, *_HEADERS, *_HOLDERS, "span"))


def take_trace(fields: dict[str, Any]) -> tuple[bytes, bytes]:
    """The ids of trace and span that fields say; the fields that are an id and nothing else leave `fields`."""
    # Most write these two, or the first alone, which takes no search.
    value = fields.get("trace_id")
    if type(value) is str and (trace := trace_id(value)):
        value = fields.get("span_id")
        span = span_id(value) if type(value) is str else b""
        if span or _SPAN_KEYS.isdisjoint(fields):
            del fields["trace_id"]
            if span:
                del fields["span_id"]
            return trace, span
    elif _TRACE_KEYS.isdisjoint(fields):
        return b"", b""
    known = [key for key in fields if key in _TRACE_KEYS]
    trace, span, keys = _ids(fields, known)
    for key in keys:
        del fields[key]
    if not trace:
        for key in known:
            if key in _HOLDERS:
                held, inner = _held(fields.get(key), key, 2)
                trace, span = trace or held, span or inner
    return trace, span


def _ids(fields: dict[str, Any], known: list[str]) -> tuple[bytes, bytes, list[str]]:
    """Trace, span, and the keys that hold one of them alone."""
    trace = span = b""
    keys = []
    for key in known:
        value = fields.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            continue
        if not trace and (key in _TRACE_IDS or key in _DATADOG_TRACES):
            if trace := trace_id(value, key in _DATADOG):
                keys.append(key)
            else:
                trace, span = _both(value, span)
        elif not span and (key in _SPAN_IDS or key in _DATADOG or key == "span"):
            if span := span_id(value, key in _DATADOG):
                keys.append(key)
        elif not trace and key in _HEADERS:
            if len(value) == 32 and (trace := trace_id(value)):
                keys.append(key)
            else:
                trace, span = _both(value, span)
    return trace, span, keys


def _both(value: str, span: bytes) -> tuple[bytes, bytes]:
    trace, inner = ids_of_header(value)
    return trace, span or inner


def _held(value: Any, name: str, depth: int) -> tuple[bytes, bytes]:
    """The ids within an object, or in a list of objects, that goes by this name."""
    if isinstance(value, list):
        for item in value[:_MOST_HELD]:
            trace, span = _held(item, name, depth)
            if trace:
                return trace, span
    if not isinstance(value, dict):
        return b"", b""
    if name == "dd":
        value = {f"dd.{key}": held for key, held in value.items()}
    elif name in ("trace", "span") and "id" in value:
        value = {f"{name}.{key}": held for key, held in value.items()}
    trace, span, _ = _ids(value, [key for key in value if key in _TRACE_KEYS])
    if not trace and depth > 1:
        for key, held in value.items():
            if key in _HOLDERS:
                trace, inner = _held(held, key, depth - 1)
                if trace:
                    return trace, span or inner
    return trace, span

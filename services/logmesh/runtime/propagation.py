"""Traces across processes: a stream's span travels in gRPC metadata, and work done for several streams links to them all.

Batches themselves carry no context: they are the same to the byte whenever they are sent again.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext


def metadata_of_current_span() -> tuple[tuple[str, str], ...]:
    """The current span as gRPC metadata (W3C `traceparent`); empty when there is none."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return tuple(carrier.items())


def span_of_caller(metadata: Iterable[tuple[str, str | bytes]]) -> SpanContext | None:
    """The caller's span from gRPC metadata, None when it sent none."""
    carrier = {key: value for key, value in metadata if isinstance(value, str)}
    context = trace.get_current_span(propagate.extract(carrier)).get_span_context()
    return context if context.is_valid else None


def span_for(
    tracer: trace.Tracer, name: str, streams: Iterable[SpanContext | None], **attributes: int
) -> AbstractContextManager[Any]:
    """A span for work done on behalf of `streams`: a child of the first, linked to the others. No span for none."""
    contexts = list({stream.span_id: stream for stream in streams if stream is not None}.values())
    if not contexts:
        return nullcontext()
    return tracer.start_as_current_span(
        name,
        context=trace.set_span_in_context(NonRecordingSpan(contexts[0])),
        links=[Link(context) for context in contexts[1:]],
        attributes={f"logmesh.{key}": value for key, value in attributes.items()},
    )

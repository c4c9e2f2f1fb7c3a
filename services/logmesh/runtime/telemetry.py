"""The process's own log and its traces: JSON in containers, readable on a terminal, spans by OTLP where an endpoint is named."""

import logging
import os
import sys
from collections.abc import Callable

import structlog
from opentelemetry import trace
from prometheus_client import CollectorRegistry, start_http_server

from logmesh.runtime.listening import addresses
from logmesh.runtime.settings import BaseProcessSettings


def configure_logging(settings: BaseProcessSettings) -> None:
    """Send structlog and the standard library's loggers to standard error in the format that `settings` name."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    level = getattr(logging, settings.log_level.upper())
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def configure_tracing(service_name: str) -> Callable[[], None]:
    """Export spans when ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; return what flushes them at the end.

    Without an endpoint OpenTelemetry's no-op tracer stays in place and costs nothing.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return lambda: None
    # Only where they are used.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service_name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def serve_metrics(settings: BaseProcessSettings, registry: CollectorRegistry) -> None:
    """Serve what `registry` holds at ``/metrics``, unless it is turned off. Raises OSError when the port is taken."""
    if settings.metrics_port:
        for address in addresses(settings.listen_address):
            start_http_server(settings.metrics_port, addr=address, registry=registry)

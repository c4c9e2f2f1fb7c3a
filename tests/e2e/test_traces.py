"""A batch's way is one trace: the producer's stream, the write to the log, the flush, sent by OTLP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as otlp_grpc
from tests.faults.cluster import Cluster


class Collector(otlp_grpc.TraceServiceServicer):
    """Keeps what it is sent: (service, span) pairs."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []

    async def Export(self, request: Any, context: Any) -> Any:  # noqa: N802
        for resource in request.resource_spans:
            (service,) = [
                item.value.string_value for item in resource.resource.attributes if item.key == "service.name"
            ]
            self.spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]
        return otlp.ExportTraceServiceResponse()


@pytest.fixture
async def collector() -> AsyncIterator[tuple[Collector, str]]:
    collector = Collector()
    server = grpc.aio.server()
    otlp_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield collector, f"http://127.0.0.1:{port}"
    await server.stop(0)


async def test_stream_log_and_flush_share_a_trace(tmp_path: Path, collector: tuple[Collector, str]) -> None:
    received, endpoint = collector
    exporting = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    cluster = Cluster(tmp_path, processors=1, environment={"log-processor-0": exporting, "log-producer": exporting})
    try:
        await asyncio.to_thread(cluster.start)
        cluster.write_lines(500)
        await cluster.wait_until_stored(30)
    finally:
        await asyncio.to_thread(cluster.stop, drain=True)  # which sends what spans they still hold
    by_name: dict[str, list[tuple[str, Any]]] = {}
    for service, span in received.spans:
        by_name.setdefault(span.name, []).append((service, span))
    streams = {span.trace_id: span for service, span in by_name["append"] if service == "log-producer"}
    for name in ("wal.append", "flush"):
        service, span = by_name[name][0]
        assert service == "log-processor"
        assert span.parent_span_id == streams[span.trace_id].span_id

"""Health on a port of its own, as a kubelet asks for it."""

from functools import partial
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from tests.integration.receivers.running import running_receiver
from tests.integration.receivers.test_otlp_grpc import request_of
from tests.waiting import until, until_true

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.ports import free_port
from logmesh.client.channel import open_channel
from logmesh.runtime.metrics import PRODUCER
from logmesh.runtime.server import LIVENESS

_STATUS = health_pb2.HealthCheckResponse
# Nothing listens there: what is taken stays in the spool.
_NOWHERE = "127.0.0.1:1"


async def test_it_needs_neither_tls_nor_a_token_and_is_up_once_doors_are_open(
    certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    port, door = free_port(), certificates["gateway"]
    tls: dict[str, Any] = {"door_tls_cert": door.cert, "door_tls_key": door.key, "door_tls_ca": door.ca}
    async with running_receiver(_NOWHERE, tmp_path, health_port=port, **tls):
        assert await _health(port) == _STATUS.SERVING
        assert await _health(port, LIVENESS) == _STATUS.SERVING


async def test_one_that_waits_for_its_spool_takes_nothing_and_is_alive(tmp_path: Path) -> None:
    port = free_port()
    async with running_receiver(_NOWHERE, tmp_path, health_port=port, drain_seconds=5) as receiver:
        async with open_channel(receiver.otlp, None) as channel:
            stub: Any = LogsServiceStub(channel)  # type: ignore[no-untyped-call]
            await stub.Export(request_of(0, 3), timeout=10)
        receiver.stop.set()
        await until(partial(_is, port, _STATUS.NOT_SERVING))
        assert await _health(port, LIVENESS) == _STATUS.SERVING
        assert receiver.receiver.uncommitted_records() == 3
        await until_true(lambda: PRODUCER.get_sample_value("logmesh_drain_ratio"))


async def _is(port: int, status: int) -> bool:
    return await _health(port) == status


async def _health(port: int, service: str = "") -> int:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        return int((await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)).status)

"""A gateway and an Envoy in front of it, both real, on ports of their own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.cli.local.envoy import Envoy
from logmesh.cli.local.ports import free_port
from logmesh.edge.options import EdgeOptions
from logmesh.gateway.process import run_gateway
from logmesh.gateway.settings import GatewaySettings
from logmesh.runtime.channel import open_channel
from logmesh.runtime.settings import TlsFiles


def tls_files(files: WorkloadFiles) -> TlsFiles:
    """The same, as channels take them."""
    return TlsFiles(files.cert, files.key, files.ca)


@contextlib.asynccontextmanager
async def running_gateway(
    reader_dsn: str, certificates: dict[str, WorkloadFiles], **overrides: Any
) -> AsyncIterator[str]:
    """Yield ``host:port`` of a gateway that serves in mutual TLS, as soon as it does. `overrides` are settings."""
    mine, port = certificates["gateway"], free_port()
    settings = GatewaySettings(
        **{
            "listen_address": "127.0.0.1",
            "port": port,
            "metrics_port": 0,
            "database_dsn": SecretStr(reader_dsn),
            "serve_tls": True,
            "tls_cert": mine.cert,
            "tls_key": mine.key,
            "tls_ca": mine.ca,
            "callers": [spiffe_id("edge"), spiffe_id("operator")],
            **overrides,
        }
    )
    stop = asyncio.Event()
    task = asyncio.create_task(run_gateway(settings, stop))
    address = f"127.0.0.1:{port}"
    try:
        files = tls_files(certificates["operator"]) if settings.serve_tls else None
        async with open_channel(address, files, server_name="gateway") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            async with asyncio.timeout(20):
                while True:
                    answer = await stub.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
                    if answer.status == health_pb2.HealthCheckResponse.SERVING:
                        break
                    await asyncio.sleep(0.02)
        yield address
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


@contextlib.contextmanager
def running_edge(folder: Path, options: EdgeOptions) -> Iterator[Envoy]:
    """An Envoy that accepts on every port of `options`."""
    envoy = Envoy(folder, options)
    envoy.spawn()
    try:
        deadline = time.monotonic() + 20
        while not envoy.ready():
            assert time.monotonic() < deadline, envoy.log_path.read_text()
            time.sleep(0.02)
        yield envoy
    finally:
        envoy.stop()


async def code_of(call: Any) -> tuple[grpc.StatusCode, str]:
    """How a call, unary or streaming, ends: code and details."""
    try:
        if hasattr(call, "__aiter__"):
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return error.code(), str(error.details())
    return grpc.StatusCode.OK, ""

"""Whether a process is up: by gRPC health, or by a port that accepts."""

import asyncio

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.runtime.channel import open_channel
from logmesh.runtime.settings import TlsFiles

PROBE_SECONDS = 1.0


async def accepts(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def serves(address: str, tls: WorkloadFiles, server_name: str, service: str = "") -> bool:
    """Whether health says SERVING of `service`, of the whole server by default; asked over mutual TLS of a server that must show
    `server_name`."""
    async with open_channel(address, TlsFiles(tls.cert, tls.key, tls.ca), server_name=server_name) as channel:
        try:
            answer = await HealthStub(channel).Check(HealthCheckRequest(service=service), timeout=PROBE_SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == HealthCheckResponse.SERVING)

"""Where real processes listen: both IP versions, this machine alone unless told, and health without TLS beside it."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests.integration.edge.running import code_of
from tests.integration.renewed import Authority, Volume, ends

from logmesh.cli.local.certificates import spiffe_id
from logmesh.cli.local.ports import free_port
from logmesh.runtime.listening import addresses, joined
from logmesh.runtime.server import LIVENESS

_WITHOUT_IPV6 = (
    "unshare", "--net", "sh", "-c",
    'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && ip link set lo up && exec "$@"', "sh",
)  # fmt: skip
EVERYWHERE, LOOPBACK = {"::"}, {"127.0.0.1", "::1"}


@contextlib.asynccontextmanager
async def gateway(*around: str, **environment: str) -> AsyncIterator[tuple[psutil.Process, int, int]]:
    """A gateway, whose database is nowhere: the process, its port, and that of its metrics."""
    port, metrics = free_port(), free_port()
    variables = {
        **os.environ, "LOGMESH_PORT": str(port), "LOGMESH_METRICS_PORT": str(metrics),
        "LOGMESH_DATABASE_DSN": "postgresql://nobody@127.0.0.1:1/none", **environment,
    }  # fmt: skip
    process = subprocess.Popen(
        [*around, sys.executable, "-m", "logmesh.gateway"], env=variables, stderr=subprocess.PIPE
    )
    assert process.stderr
    try:
        lines = iter(process.stderr.readline, b"")
        for line in await asyncio.to_thread(_until_started, lines):
            assert json.loads(line)["event_name"] != "failed", line
        assert process.poll() is None
        yield psutil.Process(process.pid), port, metrics
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _until_started(lines: Iterator[bytes]) -> list[bytes]:
    found = []
    for line in lines:
        found.append(line)
        if b'"started"' in line or b'"failed"' in line:
            break
    return found


@pytest.mark.parametrize(
    ("listen", "bound", "reflects"),
    [(None, LOOPBACK, True), ("::", EVERYWHERE, False), ("::1", {"::1"}, True)],
)
async def test_a_process_listens_where_it_is_told_and_on_loopback_otherwise(
    listen: str | None, bound: set[str], reflects: bool
) -> None:
    environment = {"LOGMESH_LISTEN_ADDRESS": listen} if listen else {}
    async with gateway(**environment) as (process, port, metrics):
        listening = [found.laddr for found in process.net_connections() if found.status == psutil.CONN_LISTEN]
        for wanted in (port, metrics):
            assert {found.ip.removeprefix("::ffff:") for found in listening if found.port == wanted} == bound
        for host in sorted(bound if bound != EVERYWHERE else LOOPBACK):
            with urllib.request.urlopen(f"http://{joined(host, metrics)}/metrics", timeout=10) as answer:
                assert b"process_open_fds" in answer.read()
            async with grpc.aio.insecure_channel(joined(host, port)) as channel:
                request = health_pb2.HealthCheckRequest(service=LIVENESS)
                live = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=10)
                assert live.status == health_pb2.HealthCheckResponse.SERVING
                asked = reflection_pb2.ServerReflectionRequest(list_services="")
                stub = reflection_pb2_grpc.ServerReflectionStub(channel)
                code, _ = await code_of(stub.ServerReflectionInfo(iter([asked]), timeout=10))
                assert (code == grpc.StatusCode.OK) is reflects


async def test_probes_ask_health_without_tls_where_nothing_else_is_told(tmp_path: Path) -> None:
    volume, probed = Volume(tmp_path / "tls", "gateway", Authority()), free_port()
    environment = {
        **volume.files.environment(),
        "LOGMESH_SERVE_TLS": "true",
        "LOGMESH_CALLERS": spiffe_id("edge"),
        "LOGMESH_HEALTH_PORT": str(probed),
        "LOGMESH_LISTEN_ADDRESS": "::",
    }
    async with gateway(**environment) as (_, port, metrics):
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=10) as answer:
            shown = dict(
                line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")
            )
        name = f'logmesh_certificate_expiry_timestamp_seconds{{path="{volume.files.cert}"}}'
        assert float(shown[name]) == ends(volume.files.cert).timestamp()
        request = health_pb2.HealthCheckRequest(service=LIVENESS)
        async with grpc.aio.insecure_channel(joined("::1", probed)) as channel:
            live = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=10)
            assert live.status == health_pb2.HealthCheckResponse.SERVING
            asked = reflection_pb2.ServerReflectionRequest(list_services="")
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            code, _ = await code_of(stub.ServerReflectionInfo(iter([asked]), timeout=10))
            assert code != grpc.StatusCode.OK
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            code, _ = await code_of(health_pb2_grpc.HealthStub(channel).Check(request, timeout=10))
            assert code == grpc.StatusCode.UNAVAILABLE


@pytest.mark.needs("network namespaces")
async def test_a_machine_without_ipv6_is_listened_on_all_the_same() -> None:
    async with gateway(*_WITHOUT_IPV6) as (process, port, metrics):
        code = (
            f"import socket; [socket.create_connection(('127.0.0.1', port), 5).close() for port in ({port}, {metrics})]"
        )
        inside = ["nsenter", f"--net=/proc/{process.pid}/ns/net", sys.executable, "-c", code]
        await asyncio.to_thread(subprocess.run, inside, check=True, timeout=30)


def test_an_address_is_bound_as_it_is_given() -> None:
    assert addresses("127.0.0.11") == ("127.0.0.11",)
    assert addresses("[::1]") == ("::1",)
    assert addresses("localhost") == ("127.0.0.1", "::1")

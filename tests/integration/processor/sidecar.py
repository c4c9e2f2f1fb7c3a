"""A real Envoy where Istio's sidecars stand, one before a processor and one beside its client, set up as Istio does it."""

import asyncio
import contextlib
import json
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.children import spawn
from logmesh.cli.local.envoy import envoy_program
from logmesh.cli.local.ports import free_port
from logmesh.edge.typed import extension

_TLS = "envoy.extensions.transport_sockets.tls.v3"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Where it listens, each ``host:port``. The first two end a client's mutual TLS and differ in what they do with its header."""

    appending: str
    """As Istio: the client's own header stays, and the sidecar's element comes behind it."""
    sanitizing: str
    """The client's own header is thrown away."""
    of_a_producer: str
    """Beside a producer: plaintext in, and on to `appending` as TCP, as on the direct path."""


@contextlib.asynccontextmanager
async def running_sidecar(
    folder: Path, processor: str, certificates: dict[str, WorkloadFiles]
) -> AsyncIterator[Sidecar]:
    """Run it in front of the processor at ``host:port`` until the body ends."""
    ports = [free_port() for _ in range(3)]
    addresses = [f"127.0.0.1:{port}" for port in ports]
    server, client = certificates["log-processor"], certificates["log-producer"]
    bootstrap = {
        "static_resources": {
            "listeners": [
                _listener(ports[0], _inbound("APPEND_FORWARD"), _downstream(server)),
                _listener(ports[1], _inbound("SANITIZE_SET"), _downstream(server)),
                _listener(ports[2], _tcp_proxy(), None),
            ],
            "clusters": [_processor(processor), _other_sidecar(addresses[0], client)],
        }
    }
    folder.mkdir()
    (folder / "envoy.json").write_text(json.dumps(bootstrap))
    log = folder / "envoy.log"
    command: list[str | Path] = [
        envoy_program(),
        "--config-path",
        folder / "envoy.json",
        "--concurrency",
        "1",
        "--disable-hot-restart",
    ]
    with log.open("wb") as output:
        process = spawn([*command, "--log-level", "warning"], output=output, directory=folder)
    try:
        async with asyncio.timeout(20):
            while not all(map(_accepts, ports)):
                assert process.poll() is None, log.read_text()
                await asyncio.sleep(0.02)
        yield Sidecar(*addresses)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _listener(port: int, network_filter: Any, transport: Any) -> dict[str, Any]:
    chain = {"filters": [network_filter]} | ({"transport_socket": transport} if transport else {})
    return {"name": f"{port}", "address": _address(f"127.0.0.1:{port}"), "filter_chains": [chain]}


def _inbound(forward_client_cert_details: str) -> Any:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "processor", "timeout": "0s"}}
    return extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="inbound",
        codec_type="AUTO",
        forward_client_cert_details=forward_client_cert_details,
        set_current_client_cert_details={"subject": True, "dns": True, "uri": True},
        stream_idle_timeout="0s",
        route_config={"virtual_hosts": [{"name": "inbound", "domains": ["*"], "routes": [route]}]},
        http_filters=[
            extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"),
        ],
    )


def _tcp_proxy() -> Any:
    return extension(
        "envoy.filters.network.tcp_proxy",
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix="outbound",
        cluster="other-sidecar",
    )


def _downstream(files: WorkloadFiles) -> Any:
    context = _context(files, ["h2", "http/1.1"])
    return extension(
        "envoy.transport_sockets.tls",
        f"{_TLS}.DownstreamTlsContext",
        require_client_certificate=True,
        common_tls_context=context,
    )


def _context(files: WorkloadFiles, protocols: list[str]) -> dict[str, Any]:
    return {
        "alpn_protocols": protocols,
        "tls_certificates": [
            {"certificate_chain": {"filename": str(files.cert)}, "private_key": {"filename": str(files.key)}}
        ],
        "validation_context": {"trusted_ca": {"filename": str(files.ca)}},
    }


def _processor(address: str) -> dict[str, Any]:
    cluster = _cluster("processor", address)
    # Istio's inbound clusters connect from here, which its rules for iptables know.
    cluster["upstream_bind_config"] = {"source_address": {"address": "127.0.0.6", "port_value": 0}}
    cluster["typed_extension_protocol_options"] = {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "use_downstream_protocol_config": {"http_protocol_options": {}, "http2_protocol_options": {}},
        }
    }
    return cluster


def _other_sidecar(address: str, files: WorkloadFiles) -> dict[str, Any]:
    cluster = _cluster("other-sidecar", address)
    # What a sidecar offers for TCP: nothing that a server of HTTP takes.
    cluster["transport_socket"] = extension(
        "envoy.transport_sockets.tls",
        f"{_TLS}.UpstreamTlsContext",
        common_tls_context=_context(files, ["istio-peer-exchange", "istio"]),
    )
    return cluster


def _cluster(name: str, address: str) -> dict[str, Any]:
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(address)}}]}]
    return {"name": name, "type": "STATIC", "load_assignment": {"cluster_name": name, "endpoints": endpoints}}


def _address(address: str) -> dict[str, Any]:
    host, port = address.split(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0

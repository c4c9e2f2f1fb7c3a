"""The gRPC server that all services are put on: limits, keepalive, mutual TLS, health and reflection in one place."""

from collections.abc import Sequence
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from logmesh.client.tls import ServedFiles
from logmesh.runtime.limits import CallLimit
from logmesh.runtime.listening import addresses, joined

MAX_MESSAGE_BYTES = 4 << 20
LOOKAHEAD_BYTES = 256 << 10

SERVER_OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # A server that stops reading otherwise buffers 4 to 8 MiB a stream.
    ("grpc.http2.bdp_probe", 0),
    # Without the probe a window is 64 KiB: a batch of 250 KiB would wait for four round trips. As much is buffered of
    # each call that nobody reads.
    ("grpc.http2.lookahead_bytes", LOOKAHEAD_BYTES),
    ("grpc.http2.max_frame_size", 1 << 20),
    # Clients ping every 30 s; a stricter server would answer "too many pings" and cut the stream.
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # Two processes on one port would share streams at random; a taken port must be an error.
    ("grpc.so_reuseport", 0),
]


REFLECTION: str = reflection.SERVICE_NAME

_PROBES = 20  # at once

LIVENESS = "liveness"
"""What a liveness probe asks health for: serving as long as the event loop turns, whoever else is away."""


class Health:
    """`grpc.health.v1` for the server as a whole and for each of its services."""

    def __init__(self, services: Sequence[str]) -> None:
        self._services = ("", *services)
        self.servicer: Any = health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in the stubs

    async def set_serving(self, serving: bool) -> None:
        """Tell probes and clients with health checks whether to come here."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for service in self._services:
            await self.servicer.set(service, status)
        await self.servicer.set(LIVENESS, health_pb2.HealthCheckResponse.SERVING)

    async def serve(self, listen: str, port: int) -> grpc.aio.Server | None:
        """A server of health alone, without TLS; None for port 0. Raises OSError when the port is taken."""
        if not port:
            return None
        server = grpc.aio.server(options=SERVER_OPTIONS, maximum_concurrent_rpcs=_PROBES)
        health_pb2_grpc.add_HealthServicer_to_server(self.servicer, server)
        bind(server, listen, port, None)
        await server.start()
        return server


def build_server(
    services: Sequence[str],
    *,
    reflect: bool,
    interceptors: Sequence[Any] = (),
    limit: CallLimit,
    max_connection_age_seconds: float | None = None,
    max_connection_age_grace_seconds: float = 60,
    most_bytes: int = MAX_MESSAGE_BYTES,
    lookahead_bytes: int = LOOKAHEAD_BYTES,
) -> tuple[grpc.aio.Server, Health]:
    """Make a server with health (NOT_SERVING at first) and reflection, no more calls at once than `limit` lets in, messages of
    `most_bytes`, and `lookahead_bytes` of each call that wait for a reader; the caller adds servicers and ports."""
    # gRPC goes by the first of options that are named twice.
    options = {
        **dict(SERVER_OPTIONS),
        "grpc.max_receive_message_length": most_bytes,
        "grpc.http2.lookahead_bytes": lookahead_bytes,
    }
    if max_connection_age_seconds is not None:
        # gRPC adds a jitter of 10 % by itself. Clients resolve names anew when their connection ends.
        options["grpc.max_connection_age_ms"] = int(max_connection_age_seconds * 1000)
        options["grpc.max_connection_age_grace_ms"] = int(max_connection_age_grace_seconds * 1000)
    server = grpc.aio.server(options=[*options.items()], interceptors=[limit, *interceptors])
    state = Health(services)
    health_pb2_grpc.add_HealthServicer_to_server(state.servicer, server)
    if reflect:
        reflection.enable_server_reflection([*services, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    return server, state


def bind(server: grpc.aio.Server, listen: str, port: int, tls: ServedFiles | None) -> int:
    """Listen on `port` of every address that `listen` is for, and return it; clients must show a certificate where `tls` has
    authorities.

    Raises OSError when the port is taken, or a file can't be read.
    """
    bound = 0
    for host in addresses(listen):
        address = joined(host, port)
        try:
            bound = (
                server.add_insecure_port(address)
                if tls is None
                else server.add_secure_port(address, server_credentials(tls))
            )
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}: {error}") from error
        if bound == 0:
            raise OSError(f"cannot listen on {address}: it is taken or not an address of this machine")
    return bound


def server_credentials(tls: ServedFiles) -> grpc.ServerCredentials:
    """Credentials that look at the files for each connection, so that each is made with the newest. Of one port.

    Raises OSError when a file can't be read.
    """

    served = tls.current()
    asks = bool(served.authorities)

    def configuration() -> Any:
        return grpc.ssl_server_certificate_configuration([(served.key, served.certificate)], served.authorities or None)

    def newer() -> Any:
        nonlocal served
        if (pem := tls.current()) is served:
            return None
        served = pem
        return configuration()

    return grpc.dynamic_ssl_server_credentials(configuration(), newer, require_client_authentication=asks)

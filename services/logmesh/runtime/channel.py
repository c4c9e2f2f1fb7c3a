"""Channels to Logmesh servers: round robin over every address that a target resolves to, keepalive, mutual TLS."""

import json
from collections.abc import Sequence
from typing import Any

import grpc

from logmesh.runtime.settings import TlsFiles

END_OF_STREAM: Any = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs
"""What `read` returns when the other side has half-closed."""

SERVICE_CONFIG = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})


def open_channel(
    target: str,
    tls: TlsFiles | None,
    *,
    server_name: str | None = None,
    options: Sequence[tuple[str, str | int]] = (),
) -> grpc.aio.Channel:
    """Open a channel to any gRPC target: ``dns:///name:port`` (headless: every pod), ``ipv4:a:1,b:1``, ``host:port``.

    `server_name` is what the server's certificate must bear; with a headless Service its addresses say nothing of it.
    """
    options = [
        *options,
        ("grpc.service_config", SERVICE_CONFIG),
        ("grpc.max_receive_message_length", 16 << 20),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        # A pod that has gone must be noticed in a second, not in the default thirty.
        ("grpc.dns_min_time_between_resolutions_ms", 1_000),
        # Each channel has its own connections, so that two streams of one process can sit on two pods.
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options)
    if server_name is not None:
        options.append(("grpc.ssl_target_name_override", server_name))
    cert, key, ca = tls.read()
    credentials = grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=cert)
    return grpc.aio.secure_channel(target, credentials, options=options)

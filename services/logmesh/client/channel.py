"""Channels to Logmesh: round robin over every address that a target resolves to, keepalive, retries of queries, TLS."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import grpc

from logmesh.client.tls import TlsFiles

END_OF_STREAM: Any = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs
"""What `read` returns when the other side has half-closed."""

Options = list[tuple[str, str | int]]
Tls = TlsFiles | Path | None
"""None is plaintext, a path the authorities that the server is checked against, TlsFiles mutual TLS."""

# Queries only read, so that asking again does no harm. Append is not among them: it has its own way of resuming.
_RETRIED: Final = ("logmesh.v1.QueryService", "logmesh.v1.PipelineService")
_RETRIES: Final = {
    "methodConfig": [
        {
            "name": [{"service": service} for service in _RETRIED],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 3,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    # A retry budget: where most calls fail, retries stop.
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}


def channel_options(server_name: str | None = None, *, retry_queries: bool = False) -> Options:
    """Options of every channel. `server_name` is what the server's certificate must bear: with a headless Service its
    addresses say nothing of it. `retry_queries` has a query that finds nobody made again, up to three times."""
    config = {"loadBalancingConfig": [{"round_robin": {}}], **(_RETRIES if retry_queries else {})}
    options: Options = [
        ("grpc.service_config", json.dumps(config)),
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
    if server_name is not None:
        options.append(("grpc.ssl_target_name_override", server_name))
    return options


def credentials(tls: TlsFiles | Path) -> grpc.ChannelCredentials:
    """What a secure channel is opened with. Raises OSError with the file's name."""
    if isinstance(tls, Path):
        return grpc.ssl_channel_credentials(root_certificates=tls.read_bytes())
    cert, key, ca = tls.read()
    return grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=cert)


def open_channel(
    target: str,
    tls: Tls,
    *,
    server_name: str | None = None,
    retry_queries: bool = False,
    options: Sequence[tuple[str, str | int]] = (),
) -> grpc.aio.Channel:
    """Open a channel to any gRPC target: ``dns:///name:port`` (headless: every pod), ``ipv4:a:1,b:1``, ``host:port``.

    For the others see `channel_options`, which `options` are added to. Raises OSError when a file of `tls` can't be read.
    """
    if tls is None:
        return grpc.aio.insecure_channel(target, options=[*options, *channel_options(retry_queries=retry_queries)])
    all_options = [*options, *channel_options(server_name, retry_queries=retry_queries)]
    return grpc.aio.secure_channel(target, credentials(tls), options=all_options)


def open_blocking_channel(target: str, tls: Tls, *, server_name: str | None = None) -> grpc.Channel:
    """As `open_channel`, for queries that block their thread."""
    if tls is None:
        return grpc.insecure_channel(target, options=channel_options(retry_queries=True))
    return grpc.secure_channel(target, credentials(tls), options=channel_options(server_name, retry_queries=True))


def authorization(token: str | None) -> tuple[tuple[str, str], ...]:
    """The metadata that carries a bearer token; none for no token."""
    return () if token is None else (("authorization", f"Bearer {token}"),)

"""Channels to Logmesh: round robin over every address that a target resolves to, keepalive, retries of queries, TLS."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import grpc

from logmesh.client.tls import Authorities, Pem, TlsFiles

END_OF_STREAM: Any = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs
"""What `read` returns when the other side has half-closed."""

Options = list[tuple[str, str | int]]
Tls = TlsFiles | Path | str | bool | None
"""None or False is plaintext, True TLS with the authorities that gRPC brings, a path those that the server is checked against
instead, TlsFiles mutual TLS."""

# What only reads may be asked again without harm. Append is not among them: it has its own way of resuming.
_RETRIED: Final = ("logmesh.v1.QueryService", "logmesh.v1.PipelineService")
_LIST_TOKENS: Final = {"service": "logmesh.v1.TokenService", "method": "ListTokens"}
_RETRIES: Final = {
    "methodConfig": [
        # The one call of these that writes, and that counts what it wrote.
        {"name": [{"service": "logmesh.v1.PipelineService", "method": "AcknowledgeFacts"}]},
        {
            "name": [*({"service": service} for service in _RETRIED), _LIST_TOKENS],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 3,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        },
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


class Dialer:
    """Opens channels to one target, each with the certificates that are in their files by then. Of one thread at a time.

    A channel keeps those it was opened with for all connections that it makes, so that `outdated` asks for another one.
    """

    def __init__(
        self,
        target: str,
        tls: Tls,
        *,
        server_name: str | None = None,
        retry_queries: bool = False,
        options: Sequence[tuple[str, str | int]] = (),
    ) -> None:
        """`target` is any of gRPC's: ``dns:///name:port`` (headless: every pod), ``ipv4:a:1,b:1``, ``host:port``.

        For the others see `channel_options`, which `options` are added to.
        """
        self._target = target
        self._secure = tls is not None and tls is not False
        self._tls = Authorities(tls) if isinstance(tls, Path | str) else None if isinstance(tls, bool) else tls
        self._options = [*options, *channel_options(server_name if self._secure else None, retry_queries=retry_queries)]
        self._opened_with: Pem | None = None

    @property
    def outdated(self) -> bool:
        """Whether the certificates have been renewed since the last channel was opened."""
        return self._tls is not None and self._tls.current() is not self._opened_with

    def check(self) -> None:
        """Raise OSError when certificates can't be read, and so no channel be opened."""
        if self._tls is not None:
            self._tls.current()

    def open(self) -> grpc.aio.Channel:
        """Raises OSError when certificates could never be read."""
        if (credentials := self._credentials()) is None:
            return grpc.aio.insecure_channel(self._target, options=self._options)
        return grpc.aio.secure_channel(self._target, credentials, options=self._options)

    def open_blocking(self) -> grpc.Channel:
        """As `open`, for calls that block their thread."""
        if (credentials := self._credentials()) is None:
            return grpc.insecure_channel(self._target, options=self._options)
        return grpc.secure_channel(self._target, credentials, options=self._options)

    def _credentials(self) -> grpc.ChannelCredentials | None:
        if self._tls is None:
            return grpc.ssl_channel_credentials() if self._secure else None
        pem = self._opened_with = self._tls.current()
        return grpc.ssl_channel_credentials(pem.authorities, pem.key or None, pem.certificate or None)


def open_channel(target: str, tls: Tls, *, server_name: str | None = None) -> grpc.aio.Channel:
    """A channel that is not kept for long; see `Dialer`."""
    return Dialer(target, tls, server_name=server_name).open()


def authorization(token: str | None) -> tuple[tuple[str, str], ...]:
    """The metadata that carries a bearer token, without the line's end of the file that it came from; none for no token.

    Raises ValueError for what no header takes.
    """
    if not (token := (token or "").strip()):
        return ()
    if not (token.isascii() and token.isprintable()):
        raise ValueError("that is no token: it has characters that no header takes")
    return (("authorization", f"Bearer {token}"),)

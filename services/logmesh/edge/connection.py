"""The HTTP connection manager of every listener: limits, normal forms, who the client is, the access log."""

from typing import Final

from logmesh.edge.typed import Config, extension

MAX_STREAMS: Final = 100
"""Streams at once on one connection."""
MAX_HEADERS_KB: Final = 32
"""A filter of 4 KiB is at most 12 KiB in a URL."""
STREAM_WINDOW: Final = 1 << 20
CONNECTION_WINDOW: Final = 4 << 20
BUFFER_BYTES: Final = 1 << 20
HTTP2: Final[Config] = {
    "max_concurrent_streams": MAX_STREAMS,
    "initial_stream_window_size": STREAM_WINDOW,
    "initial_connection_window_size": CONNECTION_WINDOW,
    # A dead client or server is noticed within a minute, whatever a network between forgets.
    "connection_keepalive": {"interval": "30s", "timeout": "10s"},
}
# The filter of a search stands in a query, and may name people: paths are logged without.
ACCESS_LOG: Final[Config] = {
    "event": "request",
    "timestamp": "%START_TIME%",
    "listener": "",
    "method": "%REQ(:METHOD)%",
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS(SNAKE_STRING)%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "milliseconds": "%DURATION%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "user_agent": "%REQ(USER-AGENT)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "upstream": "%UPSTREAM_HOST%",
}


def connection_manager(name: str, filters: list[Config], routes: Config) -> Config:
    """The network filter that speaks HTTP/1.1 and HTTP/2 on a listener called `name`."""
    return extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=name,
        codec_type="AUTO",
        server_name="logmesh",
        # The client is who connects; what it says of itself in headers is not believed.
        use_remote_address=True,
        forward_client_cert_details="SANITIZE",
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action="REJECT_REQUEST",
        max_request_headers_kb=MAX_HEADERS_KB,
        request_headers_timeout="10s",
        # A live tail may be silent; each route says how long an answer may take.
        stream_idle_timeout="0s",
        always_set_request_id_in_response=True,
        common_http_protocol_options={
            "headers_with_underscores_action": "REJECT_REQUEST",
            "idle_timeout": "300s",
            "max_headers_count": 100,
        },
        http2_protocol_options=HTTP2,
        access_log=[_access_log(name)],
        http_filters=filters,
        route_config=routes,
    )


def _access_log(name: str) -> Config:
    return extension(
        "envoy.access_loggers.stdout",
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": ACCESS_LOG | {"listener": name}},
    )

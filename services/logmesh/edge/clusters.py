"""Where the edge connects to: the gateway, the processors by track, and its own administration for /metrics."""

from collections.abc import Sequence
from typing import Any, Final

from logmesh.edge import tls
from logmesh.edge.connection import BUFFER_BYTES, CONNECTION_WINDOW, HTTP2, STREAM_WINDOW
from logmesh.edge.options import Address, EdgeOptions, Split
from logmesh.edge.routes import GATEWAY
from logmesh.edge.typed import Config, typed

ADMIN: Final = "admin"
MAX_REQUESTS: Final = 2_000
"""Streams at once towards one cluster."""


def gateway(options: EdgeOptions) -> Config:
    """The gateway, by name or address."""
    secured = tls.connecting(options, "gateway", options.gateway_tls) if options.gateway_tls else None
    return grpc_cluster(GATEWAY, [options.gateway], secured, type="STRICT_DNS", dns_lookup_family="ALL")


def processors(options: EdgeOptions, split: Split, track: str, addresses: Sequence[Address]) -> Config:
    """The processors of one track. Only those that say they serve get new streams, as in a cluster."""
    return grpc_cluster(
        f"processors-{track}",
        addresses,
        tls.connecting(options, "processors", split.upstream),
        type="STATIC",
        health_checks=[
            {
                "timeout": "1s",
                "interval": "1s",
                "no_traffic_interval": "1s",
                "unhealthy_threshold": 2,
                "healthy_threshold": 1,
                "grpc_health_check": {},
            }
        ],
        # A dead one has the fewest streams, and would draw all new ones until its health is asked for again.
        outlier_detection={
            "split_external_local_origin_errors": True,
            "consecutive_local_origin_failure": 2,
            "base_ejection_time": "5s",
            "max_ejection_percent": 50,
        },
        # None is better than all: a stream that is refused is opened again, one that is sent to the dying breaks.
        common_lb_config={"healthy_panic_threshold": {"value": 0}},
    )


def grpc_cluster(name: str, addresses: Sequence[Address], transport: Config | None, **more: Any) -> Config:
    """Servers that speak HTTP/2, in plaintext without a transport socket; a new stream goes to the one with the fewest."""
    cluster: Config = {
        "name": name,
        "connect_timeout": "2s",
        "lb_policy": "LEAST_REQUEST",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": MAX_REQUESTS,
                    "max_requests": MAX_REQUESTS,
                    "max_pending_requests": MAX_REQUESTS,
                    "retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 10},
                }
            ]
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                explicit_http_config={
                    "http2_protocol_options": {
                        "initial_stream_window_size": STREAM_WINDOW,
                        "initial_connection_window_size": CONNECTION_WINDOW,
                        "connection_keepalive": HTTP2["connection_keepalive"],
                    }
                },
            )
        },
        "load_assignment": _endpoints(name, addresses),
        **more,
    }
    if transport is not None:
        cluster["transport_socket"] = transport
    return cluster


def admin(options: EdgeOptions) -> Config:
    """Envoy's own administration, which listens on a Unix socket."""
    address = {"pipe": {"path": str(options.admin_socket)}}
    return {
        "name": ADMIN,
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": ADMIN,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }


def socket_address(address: Address) -> Config:
    """An address in Envoy's words."""
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _endpoints(name: str, addresses: Sequence[Address]) -> Config:
    endpoints = [{"endpoint": {"address": socket_address(address)}} for address in addresses]
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]}

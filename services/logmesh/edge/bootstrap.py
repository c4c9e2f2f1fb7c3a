"""The whole configuration of an edge. Pure: options in, text out; equal options give equal text."""

import json
from collections.abc import Sequence
from typing import Final

from logmesh.edge import clusters, issuer, tls
from logmesh.edge.connection import BUFFER_BYTES, connection_manager
from logmesh.edge.dashboard import browser_headers, file_filters, file_routes
from logmesh.edge.filters import api_filters, router
from logmesh.edge.options import Address, EdgeOptions
from logmesh.edge.routes import direct, nothing_else, route_config
from logmesh.edge.split import split_routes
from logmesh.edge.typed import Config, extension
from logmesh.runtime.listening import ANYWHERE

_SOCKET_MODE: Final = 0o600


def render(options: EdgeOptions) -> str:
    """The configuration as JSON, for ``envoy --config-path``; it refers to the files of `secret_files`."""
    return json.dumps(bootstrap(options), indent=1)


def bootstrap(options: EdgeOptions) -> Config:
    """The configuration as Envoy's Bootstrap message in its JSON form."""
    return {
        "node": {"id": "edge", "cluster": "logmesh"},
        "admin": {"address": {"pipe": {"path": str(options.admin_socket), "mode": _SOCKET_MODE}}},
        "static_resources": {"listeners": _listeners(options), "clusters": _clusters(options)},
        "overload_manager": _overload(options),
        "application_log_config": {
            "log_format": {"json_format": {"timestamp": "%Y-%m-%dT%T.%e", "level": "%l", "event": "%j", "logger": "%n"}}
        },
    }


def _listeners(options: EdgeOptions) -> list[Config]:
    served = tls.serving(options) if options.tls else None
    api = connection_manager(
        "api",
        [browser_headers(options), *api_filters(options), router()],
        route_config("api", options, [nothing_else()]),
    )
    dashboard = connection_manager(
        "dashboard",
        [browser_headers(options), *api_filters(options), *file_filters(options), router()],
        route_config("dashboard", options, file_routes(options)),
    )
    found = [
        _listener("api", options.api, options.also, api, served),
        _listener("dashboard", options.dashboard, options.also, dashboard, served),
    ]
    if options.metrics:
        found.append(_listener("metrics", options.metrics, options.also, _metrics(), None))
    if options.split:
        producers = connection_manager("producers", [router()], split_routes(options.split))
        mutual = tls.serving_mutually(options, "producers", options.split.downstream)
        found.append(_listener("producers", options.split.listen, (), producers, mutual))
    return found


def _listener(name: str, address: Address, also: Sequence[str], manager: Config, transport: Config | None) -> Config:
    chain: Config = {"filters": [manager]}
    if transport is not None:
        chain |= {"transport_socket": transport, "transport_socket_connect_timeout": "10s"}
    return {
        "name": name,
        "address": _bound(address),
        "additional_addresses": [{"address": _bound(Address(host, address.port))} for host in also],
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        # Two processes on one port would share connections at random; a taken port must be an error.
        "enable_reuse_port": False,
        "filter_chains": [chain],
    }


def _bound(address: Address) -> Config:
    found = clusters.socket_address(address)
    if address.host == ANYWHERE:
        found["socket_address"]["ipv4_compat"] = True
    return found


def _metrics() -> Config:
    routes = [
        {"match": {"path": path}, "route": {"cluster": clusters.ADMIN, "prefix_rewrite": administration}}
        for path, administration in (("/metrics", "/stats/prometheus"), ("/ready", "/ready"))
    ]
    routes.append({"match": {"prefix": "/"}, **direct(404, "Metrics are at /metrics.\n")})
    hosts = [{"name": "metrics", "domains": ["*"], "routes": routes}]
    return connection_manager("metrics", [router()], {"name": "metrics", "virtual_hosts": hosts})


def _clusters(options: EdgeOptions) -> list[Config]:
    found = [clusters.gateway(options)]
    if options.metrics:
        found.append(clusters.admin(options))
    if options.jwt and issuer.is_address(options.jwt):
        found.append(issuer.cluster(options.jwt, clusters.socket_address(issuer.server_of(options.jwt))))
    if split := options.split:
        found.append(clusters.processors(options, split, "stable", split.stable))
        found.append(clusters.processors(options, split, "canary", split.canary))
    return found


def _overload(options: EdgeOptions) -> Config:
    """Give memory back, then turn requests away, before the system's killer chooses; never more connections than meant."""
    monitors = "envoy.extensions.resource_monitors"
    heap = "envoy.resource_monitors.fixed_heap"
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            extension(heap, f"{monitors}.fixed_heap.v3.FixedHeapConfig", max_heap_size_bytes=options.max_heap_bytes),
            extension(
                "envoy.resource_monitors.global_downstream_max_connections",
                f"{monitors}.downstream_connections.v3.DownstreamConnectionsConfig",
                max_active_downstream_connections=options.max_connections,
            ),
        ],
        "actions": [
            {
                "name": f"envoy.overload_actions.{action}",
                "triggers": [{"name": heap, "threshold": {"value": threshold}}],
            }
            for action, threshold in (("shrink_heap", 0.9), ("stop_accepting_requests", 0.95))
        ],
    }

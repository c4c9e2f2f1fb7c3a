"""Which requests go to the gateway, and how long each may take. What is not named here does not pass."""

from collections.abc import Sequence
from typing import Any, Final

from logmesh.edge.descriptors import methods
from logmesh.edge.filters import HEALTH_PREFIX, JSON_PREFIX, REFLECTION_PREFIXES
from logmesh.edge.options import EdgeOptions
from logmesh.edge.typed import Config
from logmesh.runtime.json_api import METHODS

GATEWAY: Final = "gateway"
# A gateway ends a query after 25 s at most.
UNARY_TIMEOUT: Final = "30s"
RETRY_ON: Final = "connect-failure,refused-stream,unavailable"
# Headers by which parts behind the edge could be told who calls. They come from there or not at all.
IDENTITY_HEADERS: Final = (
    "x-forwarded-client-cert",
    "logmesh-tenant",
    "x-logmesh-tenant",
    "x-logmesh-principal",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-remote-user",
)
_METHOD_OPTIONS: Final[Config] = {"name": ":method", "string_match": {"exact": "OPTIONS"}}
NOTHING_HERE: Final = "Not here. JSON is below /v1/, for example /v1/logs; gRPC and gRPC-web are logmesh.v1.*\n"


def route_config(name: str, options: EdgeOptions, others: Sequence[Config]) -> Config:
    """The API, then `others`; for the named hosts alone."""
    hosts: list[Config] = [
        {"name": name, "domains": list(options.hosts), "routes": [*api_routes(options), *others]},
    ]
    if "*" not in options.hosts:
        misdirected = direct(421, "This server does not answer for that host name.\n")
        hosts.append({"name": "others", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, **misdirected}]})
    return {
        "name": name,
        "virtual_hosts": hosts,
        "ignore_port_in_host_matching": True,
        "request_headers_to_remove": list(IDENTITY_HEADERS),
    }


def api_routes(options: EdgeOptions) -> list[Config]:
    """One route an RPC. JSON arrives at the same ones: its translation comes before."""
    found = [{"match": {"path": method.path}, "route": to_gateway(streams=method.streams)} for method in methods()]
    found.append({"match": {"path": f"{HEALTH_PREFIX}Check"}, "route": to_gateway(streams=False)})
    found.append({"match": {"path": f"{HEALTH_PREFIX}Watch"}, "route": to_gateway(streams=True)})
    if options.reflection:
        found += [{"match": {"prefix": prefix}, "route": to_gateway(streams=True)} for prefix in REFLECTION_PREFIXES]
    found.append({"match": {"prefix": JSON_PREFIX, "headers": [_METHOD_OPTIONS]}, **_allowed()})
    found.append({"match": {"prefix": JSON_PREFIX}, **direct(404, NOTHING_HERE)})
    return found


def _allowed() -> Config:
    """What OPTIONS is told. No origin is named, for none but the edge's own may read answers in a browser."""
    allow = {"header": {"key": "allow", "value": METHODS}}
    return {"direct_response": {"status": 204}, "response_headers_to_add": [allow]}


def nothing_else() -> Config:
    """The last route where there is only the API."""
    return {"match": {"prefix": "/"}, **direct(404, NOTHING_HERE)}


def direct(status: int, text: str) -> Config:
    """Answer by the edge itself."""
    return {"direct_response": {"status": status, "body": {"inline_string": text}}}


def to_gateway(*, streams: bool) -> Config:
    """To the gateway. A route timeout would cut a healthy stream, so a stream has none; its client's deadline counts."""
    return {
        "cluster": GATEWAY,
        "timeout": "0s" if streams else UNARY_TIMEOUT,
        "idle_timeout": "0s",
        "retry_policy": retry_policy(),
    }


def retry_policy(**more: Any) -> Config:
    """Try again what the server has not begun. No per-try timeout: that too would cut streams."""
    return {"retry_on": RETRY_ON, "num_retries": 2, **more}

"""Where the edge takes an issuer's keys from: a file, or an address that it asks every five minutes."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from logmesh.edge.options import Address, Jwt
from logmesh.edge.tls import connecting_to_public
from logmesh.edge.typed import Config

CLUSTER: Final = "issuer"
FRESH: Final = "300s"


def keys(jwt: Jwt) -> Config:
    """The part of a provider that says where its keys are."""
    if not is_address(jwt):
        return {"local_jwks": {"filename": jwt.jwks}}
    return {
        "remote_jwks": {
            "http_uri": {"uri": jwt.jwks, "cluster": CLUSTER, "timeout": "5s"},
            "cache_duration": FRESH,
            # Fetched before they are needed, and without holding the listener back while the issuer is away.
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": "5s"},
        }
    }


def cluster(jwt: Jwt, address: Config) -> Config:
    """The issuer's server, at `address`, as a cluster."""
    server = server_of(jwt)
    return {
        "name": CLUSTER,
        "type": "STRICT_DNS",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        "transport_socket": connecting_to_public(server.host, jwt.authorities, is_number=_is_number(server.host)),
    }


def is_address(jwt: Jwt) -> bool:
    """Whether keys are fetched, and not read from a file."""
    return jwt.jwks.startswith("https://")


def server_of(jwt: Jwt) -> Address:
    """Host and port of the address of the keys."""
    parts = urlsplit(jwt.jwks)
    return Address(parts.hostname or "", parts.port or 443)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

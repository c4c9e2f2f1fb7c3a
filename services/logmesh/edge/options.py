"""What an edge can be told. Frozen values, no defaults that open something: TLS, JWT and the split are off unless given."""

from dataclasses import dataclass
from pathlib import Path

from logmesh.runtime.listening import joined


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen or to connect."""

    host: str
    port: int

    def __str__(self) -> str:
        return joined(self.host, self.port)


@dataclass(frozen=True, slots=True)
class MutualTls:
    """Own certificate and key, the authority of the other side, and the SPIFFE identity that the other side must have."""

    cert: Path
    key: Path
    ca: Path
    peer: str
    server_name: str = ""
    """Name asked for when connecting (SNI)."""


@dataclass(frozen=True, slots=True)
class ServerTls:
    """Certificate chain and key, PEM, that people's clients are served with."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Jwt:
    """Whose tokens are taken: those of `issuer` for `audience`, signed by a key in `jwks`."""

    issuer: str
    audience: str
    jwks: str
    """A file, read when the edge starts, or the https:// address where the issuer publishes its keys."""
    authorities: Path = Path("/etc/ssl/certs/ca-certificates.crt")
    """Whose certificates are believed at that address."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests a second, and how many at once above that, of each client address; all clients together have ten times that."""

    requests_per_second: int = 100
    burst: int = 400


@dataclass(frozen=True, slots=True)
class Split:
    """A listener for producers that sends `canary_percent` of new streams to the canary processors, the others to stable."""

    listen: Address
    downstream: MutualTls
    upstream: MutualTls
    stable: tuple[Address, ...]
    canary: tuple[Address, ...]
    canary_percent: int


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """An edge in front of a gateway."""

    gateway: Address
    api: Address
    """gRPC, gRPC-web and JSON."""
    dashboard: Address
    """The dashboard's files and the same API, as one origin."""
    admin_socket: Path
    """Unix socket of Envoy's administration, for its owner alone; at most 107 bytes."""
    also: tuple[str, ...] = ()
    """Other addresses that the listeners for people and for metrics are bound to, at the same ports."""
    secrets_folder: Path = Path()
    """Where Envoy finds the secrets' files that name its certificates."""
    metrics: Address | None = None
    """Where /metrics and /ready are served; nothing else of the administration is reachable by network."""
    gateway_tls: MutualTls | None = None
    """None: plaintext, behind a mesh's sidecar."""
    tls: ServerTls | None = None
    jwt: Jwt | None = None
    dashboard_folder: Path | None = None
    """Built dashboard with its index.html; None: a line of text says that there is none."""
    rate_limit: RateLimit | None = RateLimit()
    hosts: tuple[str, ...] = ("*",)
    """Host names that are answered. On loopback they must be named: a foreign page could point its own name here."""
    reflection: bool = False
    """Whether gRPC reflection passes. For people at a terminal; off in production."""
    split: Split | None = None
    max_heap_bytes: int = 512 << 20
    max_connections: int = 2_000

"""The edge of the local system: which addresses, identities and limits it gets. Pure."""

from collections.abc import Mapping
from pathlib import Path

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.cli.local.plan import DIRECT_PORT, EDGE_METRICS_PORT, GATEWAY_PORT, MESH_PORT, LocalOptions
from logmesh.edge.options import Address, EdgeOptions, MutualTls, RateLimit, Split

# Against a page or a script that has run wild; one person has it all.
LOCAL_LIMIT = RateLimit(requests_per_second=1_000, burst=4_000)


def plan_edge(
    options: LocalOptions, certificates: Mapping[str, WorkloadFiles], also: tuple[str, ...] = ()
) -> EdgeOptions:
    """Plaintext without tokens towards people, on loopback and under its names alone; mutual TLS towards the rest."""
    return EdgeOptions(
        gateway=Address(options.host, GATEWAY_PORT),
        gateway_tls=_mutual(certificates["edge"], "gateway"),
        api=Address(options.host, options.api_port),
        dashboard=Address(options.host, options.dashboard_port),
        metrics=Address(options.host, EDGE_METRICS_PORT),
        admin_socket=Path("admin.sock"),
        dashboard_folder=options.dashboard_folder,
        rate_limit=LOCAL_LIMIT,
        also=also,
        hosts=("localhost", options.host, *(f"[{address}]" for address in also)),
        reflection=True,
        split=_split(options, certificates) if options.canary_percent else None,
    )


def _split(options: LocalOptions, certificates: Mapping[str, WorkloadFiles]) -> Split:
    """Producers' streams, each side under the identity that it would have without an edge between."""
    return Split(
        listen=Address(options.host, MESH_PORT),
        downstream=_mutual(certificates["log-processor"], "log-producer"),
        upstream=_mutual(certificates["log-producer"], "log-processor"),
        stable=tuple(Address(host, DIRECT_PORT) for host in options.processor_hosts),
        canary=tuple(Address(host, DIRECT_PORT) for host in options.canary_hosts),
        canary_percent=options.canary_percent,
    )


def _mutual(files: WorkloadFiles, peer: str) -> MutualTls:
    return MutualTls(files.cert, files.key, files.ca, spiffe_id(peer), server_name=peer)

"""NetworkPolicies admit exactly the edges of the architecture picture, in every combination: no connection more, none less."""

import itertools
from collections.abc import Iterable, Iterator

from scripts.manifests import Object
from tests.manifests.network import Network, Peer
from tests.manifests.workloads import namespace_of, of_kind, workloads

# Source, target, port. `outside` is an address beyond the cluster.
EDGES = {
    ("log-producer", "log-processor", 50051),
    ("log-producer", "log-processor", 50052),
    ("log-receiver", "log-processor", 50051),
    ("log-receiver", "log-processor", 50052),
    ("log-receiver", "gateway", 50050),
    ("log-agent", "log-processor", 50051),
    ("log-agent", "log-processor", 50052),
    ("gateway", "log-processor", 50052),
    ("log-processor", "timescaledb", 5432),
    ("log-processor", "redis", 6379),
    ("gateway", "timescaledb", 5432),
    ("gateway", "redis", 6379),
    ("frontend", "gateway", 50050),
    ("outside", "frontend", 3000),
    ("outside", "frontend", 8080),
    ("timescaledb-backup", "timescaledb", 5432),
    ("prometheus", "log-producer", 8000),
    ("prometheus", "log-receiver", 8000),
    ("prometheus", "log-agent", 8000),
    ("prometheus", "log-processor", 9090),
    ("prometheus", "gateway", 9090),
    ("prometheus", "frontend", 9090),
    ("grafana", "timescaledb", 5432),
    ("log-producer", "jaeger", 4317),
    ("log-receiver", "jaeger", 4317),
    ("log-processor", "jaeger", 4317),
    ("gateway", "jaeger", 4317),
}
# Ingress controllers are pods of other namespaces, of any name.
EDGES |= {
    (peer, "frontend", port) for peer in ("elsewhere", "prometheus", "grafana", "jaeger") for port in (3000, 8080)
}
# Senders are pods of any namespace, of any name; those of ours that have a policy go elsewhere.
SYSLOG_PORT = 5514
EDGES |= {
    (peer, "log-receiver", port)
    for peer in ("elsewhere", "prometheus", "grafana", "jaeger")
    for port in (4317, 4318, SYSLOG_PORT, 6514)
}
# What only some combinations have; elsewhere its edges are left out.
OPTIONAL = {"log-agent", "grafana", "jaeger"}
ASKS_NOBODY = {"jaeger"}
MONITORING = {"kubernetes.io/metadata.name": "monitoring"}
FOREIGN = (
    Peer("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}, MONITORING),
    Peer("grafana", "monitoring", {"app.kubernetes.io/name": "grafana"}, MONITORING),
    Peer(
        "jaeger", "monitoring", {"app": "jaeger", "app.kubernetes.io/name": "jaeger"}, MONITORING, {"otlp-grpc": 4317}
    ),
    Peer("outside", address="203.0.113.7"),
    Peer("elsewhere", "elsewhere", {"app": "elsewhere"}, {"kubernetes.io/metadata.name": "elsewhere"}),
    Peer("intruder", "log-system", {"app": "intruder"}, {"kubernetes.io/metadata.name": "log-system"}),
)
DNS = Peer(
    "kube-dns", "kube-system", {"k8s-app": "kube-dns"}, {"kubernetes.io/metadata.name": "kube-system"}, {"dns": 53}
)
PORTS = (3000, 4317, 4318, 5432, SYSLOG_PORT, 6379, 6514, 8000, 8080, 9090, 9091, 22, 50050, 50051, 50052)


def test_connections_are_those_of_the_picture(objects: tuple[Object, ...]) -> None:
    network, own = Network(objects), list(_own(objects))
    names = {peer.name for peer in own}
    foreign = [peer for peer in FOREIGN if peer.name not in names]
    admitted = {
        (source.name, target.name, port)
        for source, target in itertools.product([*own, *foreign], repeat=2)
        for port in PORTS
        # What others may do among themselves is not ours to say, nor what a pod says to itself.
        if (source.name in names or target.name in names) and source is not target
        if network.admits(source, target, port)
    }
    absent = {name for name in OPTIONAL if name not in names}
    expected = {edge for edge in EDGES if not absent & set(edge[:2]) and edge[0] not in ASKS_NOBODY}
    # An edge to something optional may be open where that is not deployed; it leads nowhere then.
    assert admitted - EDGES == set()
    assert expected - admitted == set()


def test_datagrams_pass_from_pods_to_receivers_alone(objects: tuple[Object, ...]) -> None:
    network, own = Network(objects), list(_own(objects))
    names = {peer.name for peer in own}
    admitted = {
        (source.name, target.name, port)
        for source, target in itertools.product([*own, *FOREIGN], own)
        for port in PORTS
        if source.name not in names and network.admits(source, target, port, "UDP")
    }
    senders = {peer.name for peer in FOREIGN if peer.name not in names} - {"outside", "intruder"}
    assert admitted == {(sender, "log-receiver", SYSLOG_PORT) for sender in senders}


def test_every_pod_may_resolve_names(objects: tuple[Object, ...]) -> None:
    network = Network(objects)
    for peer in _own(objects):
        if peer.name in ASKS_NOBODY:
            continue
        for protocol in ("UDP", "TCP"):
            assert network.admits(peer, DNS, 53, protocol), f"{peer.name} {protocol}"


def _own(objects: Iterable[Object]) -> Iterator[Peer]:
    """Our pods, both tracks of the processor by one name. Sidecars' ports are the mesh's matter."""
    labels = {item["metadata"]["name"]: item["metadata"].get("labels", {}) for item in of_kind(objects, "Namespace")}
    for workload in workloads(objects):
        namespace = namespace_of(workload.owner)
        name = workload.labels["app"]
        yield Peer(
            name,
            namespace,
            workload.labels,
            labels.get(namespace, {}) | {"kubernetes.io/metadata.name": namespace},
            workload.ports,
        )

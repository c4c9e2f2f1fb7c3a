"""What NetworkPolicies admit, decided as Kubernetes defines it: a connection passes when its source may send and its target receive."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from scripts.manifests import Object
from tests.manifests.workloads import namespace_of, of_kind, selects


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a connection: pods that are alike, or an address outside of the cluster."""

    name: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    address: str = ""


class Network:
    """The NetworkPolicies among `objects`."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._policies = list(of_kind(objects, "NetworkPolicy"))

    def admits(self, source: Peer, target: Peer, port: int, protocol: str = "TCP") -> bool:
        """Whether `source` can open a connection to `port` of `target`."""
        return self._may("Egress", source, target, target, port, protocol) and self._may(
            "Ingress", target, source, target, port, protocol
        )

    def _may(self, direction: str, own: Peer, other: Peer, target: Peer, port: int, protocol: str) -> bool:
        policies = [policy for policy in self._policies if _concerns(policy, own, direction)]
        if not policies:
            return True
        peers, rules = ("to", "egress") if direction == "Egress" else ("from", "ingress")
        return any(
            _is_peer(rule.get(peers), other, namespace_of(policy))
            and _is_port(rule.get("ports"), target, port, protocol)
            for policy in policies
            for rule in policy["spec"].get(rules) or ()
        )


def _concerns(policy: Object, peer: Peer, direction: str) -> bool:
    if peer.address or namespace_of(policy) != peer.namespace:
        return False
    types = policy["spec"].get("policyTypes", ["Ingress"])
    return direction in types and selects(policy["spec"]["podSelector"], peer.labels)


def _is_peer(allowed: list[dict[str, Any]] | None, peer: Peer, namespace: str) -> bool:
    """No list allows everyone."""
    return not allowed or any(_is_one(entry, peer, namespace) for entry in allowed)


def _is_one(entry: dict[str, Any], peer: Peer, namespace: str) -> bool:
    if block := entry.get("ipBlock"):
        # Addresses of pods are in private ranges, and policies for pods don't use blocks.
        address = ip_address(peer.address or "10.0.0.1")
        excepted = any(address in ip_network(part) for part in block.get("except", ()))
        return address in ip_network(block["cidr"]) and not excepted
    if peer.address:
        return False
    chosen = entry.get("namespaceSelector")
    if chosen is None:
        return peer.namespace == namespace and selects(entry.get("podSelector"), peer.labels)
    return selects(chosen, peer.namespace_labels) and selects(entry.get("podSelector") or {}, peer.labels)


def _is_port(allowed: list[dict[str, Any]] | None, target: Peer, port: int, protocol: str) -> bool:
    """No list allows every port; a name is one of the target's."""
    if not allowed:
        return True
    for entry in allowed:
        wanted = entry.get("port")
        first = target.ports.get(wanted, -1) if isinstance(wanted, str) else wanted
        if entry.get("protocol", "TCP") == protocol and (first is None or first <= port <= entry.get("endPort", first)):
            return True
    return False

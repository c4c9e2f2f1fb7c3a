"""The mesh's objects keep what docs/mesh.md promises: identities as drawn, routes that cut no stream, commands that fit them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MESH = ROOT / "istio"
PREFIX = "cluster.local/ns/"
# Identity, workload, port. Whoever has no identity is held back by NetworkPolicies, and shows up as `prometheus`.
EDGES = {
    ("log-system/sa/log-producer", "log-processor", 50051),
    ("log-system/sa/log-producer", "log-processor", 50052),
    ("log-system/sa/log-receiver", "log-processor", 50051),
    ("log-system/sa/log-receiver", "log-processor", 50052),
    ("log-system/sa/log-receiver", "gateway", 50050),
    ("log-agent/sa/log-agent", "log-processor", 50051),
    ("log-agent/sa/log-agent", "log-processor", 50052),
    ("log-system/sa/gateway", "log-processor", 50052),
    ("log-system/sa/log-processor", "timescaledb", 5432),
    ("log-system/sa/gateway", "timescaledb", 5432),
    ("log-system/sa/timescaledb-backup", "timescaledb", 5432),
    ("monitoring/sa/prometheus-grafana", "timescaledb", 5432),
    ("log-system/sa/log-processor", "redis", 6379),
    ("log-system/sa/gateway", "redis", 6379),
    ("log-system/sa/frontend", "gateway", 50050),
    ("istio-system/sa/istio-ingressgateway-service-account", "frontend", 3000),
    ("istio-system/sa/istio-ingressgateway-service-account", "frontend", 8080),
    ("log-system/sa/logmesh-istio", "frontend", 3000),
    ("log-system/sa/logmesh-istio", "frontend", 8080),
    ("prometheus", "log-producer", 8000),
    ("prometheus", "log-receiver", 8000),
    ("prometheus", "log-processor", 9090),
    ("prometheus", "gateway", 9090),
    ("prometheus", "frontend", 9090),
}
# Whoever the mesh knows may send.
EDGES |= {("*", "log-receiver", port) for port in (4317, 4318, 5514, 6514)}
PROMETHEUS = [{"source": {"namespaces": ["monitoring"]}}, {"source": {"notPrincipals": ["*"]}}]


def test_policies_admit_the_edges_of_the_picture_and_no_other() -> None:
    found: set[tuple[str, str, int]] = set()
    for policy in _of("AuthorizationPolicy"):
        app = policy["spec"].get("selector", {}).get("matchLabels", {}).get("app")
        for rule in policy["spec"].get("rules", ()) if app else ():
            ports = [int(port) for to in rule["to"] for port in to["operation"]["ports"]]
            found |= {(who, app, port) for who in _identities(rule["from"]) for port in ports}
    assert found == EDGES


def test_what_no_policy_admits_is_denied_and_that_is_said_last() -> None:
    last = list(_of("AuthorizationPolicy"))[-1]
    assert (last["metadata"]["name"], last["spec"]) == ("deny-all", {})


def test_plaintext_is_taken_by_metrics_ports_alone() -> None:
    metrics = {(app, port) for who, app, port in EDGES if who == "prometheus"}
    found = set()
    for peer in _of("PeerAuthentication"):
        assert peer["spec"]["mtls"] == {"mode": "STRICT"}
        for port in peer["spec"].get("portLevelMtls", {}):
            found.add((peer["spec"]["selector"]["matchLabels"]["app"], int(port)))
    assert found == metrics


def test_every_host_is_reached_by_mutual_tls() -> None:
    rules = {rule["spec"]["host"]: rule["spec"]["trafficPolicy"]["tls"] for rule in _of("DestinationRule")}
    assert all(tls == {"mode": "ISTIO_MUTUAL"} for tls in rules.values())
    scopes = {
        host.removeprefix("./")
        for sidecar in _of("Sidecar")
        for egress in sidecar["spec"]["egress"]
        for host in egress["hosts"]
        if host.startswith("./")
    }
    assert scopes <= set(rules)


def test_routes_have_subsets_and_weights_and_no_timeout() -> None:
    subsets = {
        (rule["spec"]["host"], one["name"])
        for rule in _of("DestinationRule")
        for one in rule["spec"].get("subsets", ())
    }
    for service in _of("VirtualService"):
        for route in service["spec"]["http"]:
            # A timeout cuts streams, and the CRD refuses the 0s that would say there is none.
            assert "timeout" not in route
            assert "perTryTimeout" not in route["retries"]
            for target in route["route"]:
                host, subset = target["destination"]["host"], target["destination"].get("subset")
                assert subset is None or (host, subset) in subsets
            assert sum(target.get("weight", 100) for target in route["route"]) == 100


def test_the_headless_host_has_no_route() -> None:
    assert not any("headless" in host for service in _of("VirtualService") for host in service["spec"]["hosts"])


def test_documented_weights_fit_the_route() -> None:
    (split,) = (one for one in _of("VirtualService") if one["metadata"]["name"] == "log-processor")
    patches = re.findall(
        r"patch virtualservice/log-processor .*?-p '(\[.*?\])'", (ROOT / "docs/mesh.md").read_text(), re.DOTALL
    )
    shares = []
    for patch in map(json.loads, patches):
        route, stable, canary = patch
        assert split["spec"]["http"][1]["name"] == route["value"]
        assert [step["path"] for step in patch] == [
            "/spec/http/1/name",
            "/spec/http/1/route/0/weight",
            "/spec/http/1/route/1/weight",
        ]
        assert stable["value"] + canary["value"] == 100
        shares.append(canary["value"])
    assert shares == [5, 50, 100]


def test_kubectl_applies_the_folder_and_kustomize_has_all_of_it() -> None:
    files = {path.name for path in MESH.iterdir()} - {"Kustomization"}
    # `kubectl apply -f` would take a kustomization that ends in .yaml for an object.
    assert files == set(yaml.safe_load((MESH / "Kustomization").read_text())["resources"])
    assert all(item["metadata"]["namespace"] == "log-system" for item in _objects())


def _identities(sources: list[dict[str, Any]]) -> set[str]:
    if sources == PROMETHEUS:
        return {"prometheus"}
    return {name.removeprefix(PREFIX) for one in sources for name in one["source"]["principals"]}


def _of(kind: str) -> Iterator[dict[str, Any]]:
    return (item for item in _objects() if item["kind"] == kind)


def _objects() -> Iterator[dict[str, Any]]:
    for path in sorted(MESH.glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())

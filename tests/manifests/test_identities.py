"""Who may ask processors is a pod that there is, and a sidecar whose word on callers is taken ends every gRPC port as HTTP."""

import re
from collections.abc import Iterable, Iterator, Mapping

import pytest
from scripts.manifests import Object
from tests.manifests.chart import template
from tests.manifests.workloads import Workload, namespace_of, of_kind, selects, workloads

from logmesh.processor.settings import ProcessorSettings
from logmesh.runtime.settings import BaseServerSettings

GRPC = {"port": 50051, "direct_port": 50052}


def test_callers_are_service_accounts_of_pods_that_there_are(objects: tuple[Object, ...]) -> None:
    _look_at(objects)


@pytest.mark.needs("helm")
def test_so_they_are_in_the_chart_in_any_namespace_and_trust_domain() -> None:
    values = ("--set", "istio.enabled=true,istio.trustDomain=mesh.example")
    assert _look_at(template(*values, namespace="elsewhere")) == {"spiffe://mesh.example/ns/elsewhere/sa/gateway"}
    assert not _look_at(template())


def _look_at(objects: Iterable[Object]) -> set[str]:
    """The callers that processors are told of, none where there is no mesh with sidecars."""
    objects = tuple(objects)
    processors = [pod for pod in workloads(objects) if pod.labels.get("app") == "log-processor"]
    assert processors
    found: set[str] = set()
    for pod in processors:
        variables = _variables(objects, pod)
        # Who may ask is said wherever callers are known: by the mesh, or by certificates of their own.
        known = bool({"LOGMESH_MESH", "LOGMESH_TLS_CERT"} & variables.keys())
        assert known == ("LOGMESH_CALLERS" in variables), pod.title
        assert ("LOGMESH_MESH" in variables) == bool(list(_sidecars(objects, pod))), (
            f"{pod.title}: who names its callers?"
        )
        if "LOGMESH_MESH" not in variables:
            continue
        settings = BaseServerSettings(mesh=variables["LOGMESH_MESH"], callers=variables["LOGMESH_CALLERS"])  # type: ignore[arg-type]  # as the environment has it
        assert settings.mesh == "sidecar"
        _is_ended_as_http(objects, pod)
        for caller in settings.callers:
            account = re.fullmatch(r"spiffe://[^/]+/ns/([^/]+)/sa/([^/]+)", caller)
            assert account, caller
            _is_of_a_pod(objects, *account.groups())
        found |= set(settings.callers)
    return found


def _is_of_a_pod(objects: Iterable[Object], namespace: str, name: str) -> None:
    accounts = {(namespace_of(item), item["metadata"]["name"]) for item in of_kind(objects, "ServiceAccount")}
    assert (namespace, name) in accounts
    assert any((pod.namespace, pod.pod.get("serviceAccountName")) == (namespace, name) for pod in workloads(objects))


def _is_ended_as_http(objects: Iterable[Object], pod: Workload) -> None:
    """On a port that is TCP to the sidecar, a client's own header would reach the processor as the sidecar's word."""
    (sidecar,) = _sidecars(objects, pod)
    ports = {listener["port"]["number"]: listener["port"]["protocol"] for listener in sidecar["spec"]["ingress"]}
    assert {ProcessorSettings.model_fields[name].default for name in GRPC} == set(GRPC.values())
    assert {ports.pop(port) for port in GRPC.values()} == {"GRPC"}
    # A list leaves nothing else to a protocol of its Service.
    assert set(ports) == set(pod.ports.values()) - set(GRPC.values())
    # With an endpoint of 127.0.0.1 the sidecar would connect from there, where port-forwards come from.
    assert not any("defaultEndpoint" in listener or "bind" in listener for listener in sidecar["spec"]["ingress"])
    modes = {
        mode
        for policy in of_kind(objects, "PeerAuthentication")
        if selects(policy["spec"].get("selector"), pod.labels)
        for mode in (policy["spec"]["mtls"]["mode"], *(_mode(policy, port) for port in GRPC.values()))
    }
    assert modes == {"STRICT"}


def _mode(policy: Object, port: int) -> str:
    ports: Mapping[str, Mapping[str, str]] = policy["spec"].get("portLevelMtls", {})
    everywhere: Mapping[str, str] = policy["spec"]["mtls"]
    return ports.get(str(port), everywhere)["mode"]


def _sidecars(objects: Iterable[Object], pod: Workload) -> Iterator[Object]:
    for item in of_kind(objects, "Sidecar"):
        labels = item["spec"]["workloadSelector"]["labels"]
        if namespace_of(item) == pod.namespace and selects({"matchLabels": labels}, pod.labels):
            yield item


def _variables(objects: Iterable[Object], pod: Workload) -> dict[str, str]:
    """What the processor's environment says in so many words."""
    configured = {
        (namespace_of(item), item["metadata"]["name"]): item.get("data", {}) for item in of_kind(objects, "ConfigMap")
    }
    (container,) = (found for found in pod.containers if found["name"] == "processor")
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= configured.get((pod.namespace, source["configMapRef"]["name"]), {})
    found |= {entry["name"]: entry["value"] for entry in container.get("env", ()) if "value" in entry}
    return found

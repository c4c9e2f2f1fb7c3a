"""Who may ask processors, or speaks for tenants, is a pod that there is. A sidecar whose word is taken ends every gRPC port as HTTP."""

import re
from collections.abc import Iterable, Iterator, Mapping

import pytest
from scripts.manifests import Object
from tests.manifests.chart import template
from tests.manifests.workloads import Workload, namespace_of, of_kind, selects, workloads

from logmesh.processor.settings import ProcessorSettings
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.settings import BaseServerSettings

GRPC = {"port": 50051, "direct_port": 50052}
DOORS = {"otlp_port": 4317, "http_port": 4318}
TO_PROCESSORS = dict.fromkeys(GRPC.values(), "GRPC")
TO_RECEIVERS = {DOORS["otlp_port"]: "GRPC", DOORS["http_port"]: "HTTP"}


def test_callers_are_service_accounts_of_pods_that_there_are(objects: tuple[Object, ...]) -> None:
    _look_at(objects)


@pytest.mark.needs("helm")
def test_so_they_are_in_the_chart_in_any_namespace_and_trust_domain() -> None:
    values = ("--set", "istio.enabled=true,istio.trustDomain=mesh.example")
    assert _look_at(template(*values, namespace="elsewhere")) == {"spiffe://mesh.example/ns/elsewhere/sa/gateway"}
    assert not _look_at(template())


def test_a_sidecar_that_receivers_believe_ends_the_doors_that_read_its_word(objects: tuple[Object, ...]) -> None:
    assert {name: ProducerSettings.model_fields[name].default for name in DOORS} == DOORS
    for pod in (pod for pod in workloads(objects) if pod.labels.get("app") == "log-receiver"):
        # Without a sidecar, as in ambient mode, there is nobody to believe.
        if "LOGMESH_MESH" in _variables(objects, pod) and any(_sidecars(objects, pod)):
            _is_ended_as_http(objects, pod, TO_RECEIVERS)


def test_receivers_are_named_where_callers_have_identities(objects: tuple[Object, ...]) -> None:
    _look_at_receivers(objects, "spiffe://cluster.local/ns/log-system/sa/log-receiver")


@pytest.mark.needs("helm")
@pytest.mark.parametrize(("secured", "domain"), [("istio", "mesh.example"), ("tls", "cluster.local")])
def test_so_receivers_are_in_the_chart(secured: str, domain: str) -> None:
    values = ("--set", f"{secured}.enabled=true,istio.trustDomain=mesh.example")
    identity = f"spiffe://{domain}/ns/elsewhere/sa/log-receiver"
    assert _look_at_receivers(template(*values, namespace="elsewhere"), identity)
    assert not _look_at_receivers(template(), identity)
    without = template("--set", f"receiver.enabled=false,{secured}.enabled=true")
    assert "LOGMESH_RECEIVERS" not in _variables(without, *_pods(without, "gateway"))


def _look_at_receivers(objects: Iterable[Object], identity: str) -> bool:
    """Whether callers have identities. Then `identity`, whose pods there are, alone says for which tenant a stream is."""
    objects = tuple(objects)
    account = re.fullmatch(r"spiffe://[^/]+/ns/([^/]+)/sa/([^/]+)", identity)
    assert account
    (gateway,) = _pods(objects, "gateway")
    variables = _variables(objects, gateway)
    # In a mesh a gateway takes no sidecar's word; policies say who reaches it.
    assert variables["LOGMESH_RECEIVERS"] == (identity if "LOGMESH_TLS_CERT" in variables else "anonymous")
    known = False
    for pod in _pods(objects, "log-processor"):
        variables = _variables(objects, pod)
        known = bool({"LOGMESH_MESH", "LOGMESH_TLS_CERT"} & variables.keys())
        assert variables.get("LOGMESH_RECEIVERS") == (identity if known else None), pod.title
        if known:
            _is_of_a_pod(objects, *account.groups())
    return known


def _look_at(objects: Iterable[Object]) -> set[str]:
    """The callers that processors are told of, none where there is no mesh with sidecars."""
    objects = tuple(objects)
    assert {name: ProcessorSettings.model_fields[name].default for name in GRPC} == GRPC
    processors = _pods(objects, "log-processor")
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
        _is_ended_as_http(objects, pod, TO_PROCESSORS)
        for caller in settings.callers:
            account = re.fullmatch(r"spiffe://[^/]+/ns/([^/]+)/sa/([^/]+)", caller)
            assert account, caller
            _is_of_a_pod(objects, *account.groups())
        found |= set(settings.callers)
    return found


def _pods(objects: Iterable[Object], app: str) -> list[Workload]:
    found = [pod for pod in workloads(objects) if pod.labels.get("app") == app]
    assert found
    return found


def _is_of_a_pod(objects: Iterable[Object], namespace: str, name: str) -> None:
    accounts = {(namespace_of(item), item["metadata"]["name"]) for item in of_kind(objects, "ServiceAccount")}
    assert (namespace, name) in accounts
    assert any((pod.namespace, pod.pod.get("serviceAccountName")) == (namespace, name) for pod in workloads(objects))


def _is_ended_as_http(objects: Iterable[Object], pod: Workload, believed: Mapping[int, str]) -> None:
    """On a port that is TCP to the sidecar, a client's own header would reach the program as the sidecar's word. `believed` are
    protocols by port."""
    (sidecar,) = _sidecars(objects, pod)
    ports = {listener["port"]["number"]: listener["port"]["protocol"] for listener in sidecar["spec"]["ingress"]}
    assert {port: ports.pop(port) for port in believed} == believed
    # A list leaves nothing else to a protocol of its Service.
    assert set(ports) == set(pod.ports.values()) - set(believed)
    # With an endpoint of 127.0.0.1 the sidecar would connect from there, where port-forwards come from.
    assert not any("defaultEndpoint" in listener or "bind" in listener for listener in sidecar["spec"]["ingress"])
    modes = {
        mode
        for policy in of_kind(objects, "PeerAuthentication")
        if selects(policy["spec"].get("selector"), pod.labels)
        for mode in (policy["spec"]["mtls"]["mode"], *(_mode(policy, port) for port in believed))
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
    """What its program's environment says in so many words."""
    configured = {
        (namespace_of(item), item["metadata"]["name"]): item.get("data", {}) for item in of_kind(objects, "ConfigMap")
    }
    container = pod.pod["containers"][0]
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= configured.get((pod.namespace, source["configMapRef"]["name"]), {})
    found |= {entry["name"]: entry["value"] for entry in container.get("env", ()) if "value" in entry}
    return found

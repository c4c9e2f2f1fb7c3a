"""Nothing in a manifest points at nothing: selectors select, ports resolve, names exist, subsets have pods, variables are known."""

from collections.abc import Iterator
from typing import Any

from pydantic_settings import BaseSettings
from scripts.manifests import Object, title
from tests.manifests.workloads import Workload, namespace_of, of_kind, selects, workloads

from logmesh.edge.settings import EdgeSettings
from logmesh.gateway.settings import GatewaySettings
from logmesh.keeper.settings import KeeperSettings
from logmesh.processor.settings import ProcessorSettings
from logmesh.producer.settings import ProducerSettings

SETTINGS: dict[str, type[BaseSettings]] = {
    "logmesh.producer": ProducerSettings,
    "logmesh.processor": ProcessorSettings,
    "logmesh.gateway": GatewaySettings,
    "logmesh.keeper": KeeperSettings,
    "logmesh.edge": EdgeSettings,
}
# Pods that a Gateway's controller makes bear it.
MADE_BY_A_CONTROLLER = "gateway.networking.k8s.io/gateway-name"
# Monitors of what the mesh brings into a cluster, if there is one.
OF_THE_MESH = {"istio-proxy", "istiod"}
_SOURCES = {
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
}
# Made by scripts/deploy.sh, by the external-secrets component or by hand: never in a file.
SECRETS_FROM_OUTSIDE = {"timescaledb", "redis", "log-receiver-senders"}


def test_services_select_pods_and_their_ports_resolve(objects: tuple[Object, ...]) -> None:
    pods = workloads(objects)
    for service in of_kind(objects, "Service"):
        chosen = [pod for pod in pods if _is_chosen(pod, service, service["spec"]["selector"])]
        assert chosen, f"{title(service)} selects no pod"
        for pod in chosen:
            for port in service["spec"]["ports"]:
                target = port.get("targetPort", port["port"])
                known = set(pod.ports) if isinstance(target, str) else set(pod.ports.values())
                assert target in known, f"{title(service)}: port {target} is not one of {pod.title}"


def test_selectors_select_something(objects: tuple[Object, ...]) -> None:
    pods = workloads(objects)
    for policy in of_kind(objects, "PodDisruptionBudget"):
        assert any(_matches(pod, policy, policy["spec"]["selector"]) for pod in pods), title(policy)
    for policy in of_kind(objects, "NetworkPolicy"):
        selector = policy["spec"]["podSelector"]
        if MADE_BY_A_CONTROLLER not in selector.get("matchLabels", {}):
            assert any(_matches(pod, policy, selector) for pod in pods), title(policy)
    for monitor in of_kind(objects, "PodMonitor"):
        if monitor["metadata"]["name"] in OF_THE_MESH:
            continue
        assert any(selects(monitor["spec"]["selector"], pod.labels) for pod in pods), title(monitor)
    for policy in of_kind(objects, "AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication", "Sidecar"):
        spec = policy.get("spec") or {}
        labels = (spec.get("selector") or {}).get("matchLabels") or (spec.get("workloadSelector") or {}).get("labels")
        if labels and MADE_BY_A_CONTROLLER not in labels:
            assert any(_is_chosen(pod, policy, labels) for pod in pods), title(policy)


def test_service_monitors_find_a_service_with_their_ports(objects: tuple[Object, ...]) -> None:
    services = list(of_kind(objects, "Service"))
    for monitor in of_kind(objects, "ServiceMonitor"):
        if monitor["metadata"]["name"] in OF_THE_MESH:
            continue
        chosen = [s for s in services if selects(monitor["spec"]["selector"], s["metadata"].get("labels", {}))]
        assert chosen, f"{title(monitor)} finds no Service"
        for endpoint in monitor["spec"]["endpoints"]:
            for service in chosen:
                names = {port.get("name") for port in service["spec"]["ports"]}
                assert endpoint["port"] in names, f"{title(monitor)}: {title(service)} has no port {endpoint['port']}"


def test_scalers_and_stateful_sets_name_what_is_there(objects: tuple[Object, ...]) -> None:
    present = {(item["kind"], item["metadata"]["name"]) for item in objects}
    for scaler in of_kind(objects, "HorizontalPodAutoscaler", "VerticalPodAutoscaler"):
        target = scaler["spec"].get("scaleTargetRef") or scaler["spec"]["targetRef"]
        assert (target["kind"], target["name"]) in present, title(scaler)
        if scaler["kind"] == "HorizontalPodAutoscaler":
            owner = next(i for i in objects if (i["kind"], i["metadata"]["name"]) == (target["kind"], target["name"]))
            assert "replicas" not in owner["spec"], f"{title(owner)}: an apply would undo what {title(scaler)} scaled"
    headless = {s["metadata"]["name"] for s in of_kind(objects, "Service") if s["spec"].get("clusterIP") == "None"}
    for owner in of_kind(objects, "StatefulSet"):
        assert owner["spec"]["serviceName"] in headless, title(owner)


def test_pods_refer_to_what_is_there(objects: tuple[Object, ...]) -> None:
    present = {(item["kind"], namespace_of(item), item["metadata"]["name"]) for item in objects}
    # cert-manager makes the Secret that a Certificate names.
    present |= {
        ("Secret", namespace_of(item), item["spec"]["secretName"]) for item in objects if item["kind"] == "Certificate"
    }
    for workload in workloads(objects):
        for kind, name in _references(workload):
            outside = kind == "Secret" and name in SECRETS_FROM_OUTSIDE
            assert outside or (kind, workload.namespace, name) in present, f"{workload.title}: no {kind}/{name}"


def test_claims_are_bound_from_the_start(objects: tuple[Object, ...]) -> None:
    """Where disks come with their first pod, a claim that only a later pod takes keeps `helm --wait` and GitOps waiting for it."""
    held = {
        (workload.namespace, name)
        for workload in workloads(objects)
        if workload.owner["kind"] not in {"CronJob", "Job"}
        for kind, name in _references(workload)
        if kind == "PersistentVolumeClaim"
    }
    for claim in of_kind(objects, "PersistentVolumeClaim"):
        assert (namespace_of(claim), claim["metadata"]["name"]) in held, title(claim)


def test_probes_ask_ports_that_the_container_has(objects: tuple[Object, ...]) -> None:
    for workload in workloads(objects):
        for container in workload.containers:
            ports = {port["containerPort"]: port.get("name") for port in container.get("ports", ())}
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = container.get(kind) or {}
                for how in ("grpc", "httpGet", "tcpSocket"):
                    if how in probe:
                        port = probe[how]["port"]
                        assert port in ports or port in ports.values(), f"{workload.title} {kind}: {port}"


def test_programs_know_their_variables(objects: tuple[Object, ...]) -> None:
    configurations = {
        (namespace_of(i), i["metadata"]["name"]): i.get("data", {}) for i in of_kind(objects, "ConfigMap")
    }
    seen = 0
    for workload in workloads(objects):
        for container in workload.containers:
            words = " ".join([*container.get("command", ()), *container.get("args", ())])
            settings = next((found for module, found in SETTINGS.items() if module in words), None)
            names = [entry["name"] for entry in container.get("env", ())]
            for source in container.get("envFrom", ()):
                if reference := source.get("configMapRef"):
                    names += configurations.get((workload.namespace, reference["name"]), {})
            ours = [name for name in names if name.startswith("LOGMESH_")]
            if settings is None:
                assert not ours, f"{workload.title}: {container['name']} runs none of our programs, and has {ours}"
                continue
            prefix = settings.model_config["env_prefix"]
            known = {f"{prefix}{field}".upper() for field in settings.model_fields}
            assert set(ours) <= known, f"{workload.title}: {sorted(set(ours) - known)} are no settings"
            seen += len(ours)
    assert seen, "no variable was looked at"


def test_subsets_have_pods_and_routes_lead_to_them(objects: tuple[Object, ...]) -> None:
    pods = workloads(objects)
    services = {f"{s['metadata']['name']}.{namespace_of(s)}.svc.cluster.local": s for s in of_kind(objects, "Service")}
    subsets: set[tuple[str, str]] = set()
    for rule in of_kind(objects, "DestinationRule"):
        host = rule["spec"]["host"]
        if "*" in host:
            continue
        assert host in services, f"{title(rule)}: no Service {host}"
        for subset in rule["spec"].get("subsets", ()):
            labels = services[host]["spec"]["selector"] | subset["labels"]
            assert any(_is_chosen(pod, services[host], labels) for pod in pods), f"{title(rule)}: {subset['name']}"
            subsets.add((host, subset["name"]))
    for route in of_kind(objects, "VirtualService"):
        for destination in _destinations(route["spec"]):
            host, subset = destination["host"], destination.get("subset")
            assert host in services, f"{title(route)}: no Service {host}"
            assert subset is None or (host, subset) in subsets, f"{title(route)}: no subset {subset} of {host}"


def test_images_have_a_tag_of_their_own(objects: tuple[Object, ...]) -> None:
    for workload in workloads(objects):
        for container in workload.containers:
            _, _, tag = container["image"].rpartition("/")[2].partition(":")
            assert tag and tag != "latest", f"{workload.title}: {container['image']}"


def _is_chosen(pod: Workload, item: Object, labels: dict[str, str]) -> bool:
    return _matches(pod, item, {"matchLabels": labels})


def _matches(pod: Workload, item: Object, selector: dict[str, Any]) -> bool:
    return pod.namespace == namespace_of(item) and selects(selector, pod.labels)


def _references(workload: Workload) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that a pod needs before it can start."""
    pod = workload.pod
    if name := pod.get("serviceAccountName"):
        yield "ServiceAccount", name
    for volume in pod.get("volumes", ()):
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            if (found := source.get("configMap")) and not found.get("optional"):
                yield "ConfigMap", found["name"]
            if (found := source.get("secret")) and not found.get("optional"):
                yield "Secret", found.get("secretName") or found["name"]
        if claim := volume.get("persistentVolumeClaim"):
            yield "PersistentVolumeClaim", claim["claimName"]
    for container in workload.containers:
        sources = [*container.get("envFrom", ()), *((e.get("valueFrom") or {}) for e in container.get("env", ()))]
        for source in sources:
            for key, kind in _SOURCES.items():
                if (found := source.get(key)) and not found.get("optional"):
                    yield kind, found["name"]


def _destinations(value: Any) -> Iterator[dict[str, Any]]:
    """Every `destination` within a VirtualService."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"destination", "mirror"}:
                yield inner
            else:
                yield from _destinations(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _destinations(inner)

"""What the controllers of a cluster would make of what was applied, at its full size: pods, claims, and what Istio runs for a Gateway.

Nothing injects sidecars here, so each pod of ours has a stand-in, as large as Istio's, that the quotas count.
"""

from collections.abc import Iterable, Iterator

from scripts.manifests import Object
from tests.manifests.workloads import Workload, namespace_of, of_kind, workloads

PROXY: Object = {
    "name": "istio-proxy",
    "image": "istio/proxyv2",
    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1337,
    },
}
_STATUS_PORT = {"name": "status-port", "port": 15021}
# docs/mesh.md says how a listener for TLS is added.
_TLS_PORT = {"name": "https-443", "port": 443}


def made_of(objects: Iterable[Object]) -> Iterator[Object]:
    """Claims first, which pods name; what stands for the mesh's controller in the end."""
    objects = list(objects)
    yield from claims(objects)
    yield from pods(objects)
    for gateway in of_kind(objects, "Gateway"):
        if gateway["apiVersion"].startswith("gateway.networking.k8s.io/"):
            yield from _run_for(gateway)


def size(workload: Workload, objects: Iterable[Object]) -> int:
    """How many pods it has at most: what its autoscaler may ask for, and the one more by which a Deployment is rolled.

    A canary grows with its share of the streams, to as many as the stable ones are.
    """
    objects = list(objects)
    if workload.name.endswith("-canary"):
        stable = workload.name.removesuffix("-canary")
        return size(next(found for found in workloads(objects) if found.name == stable), objects)
    for autoscaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = autoscaler["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) == (workload.owner["kind"], workload.name):
            return int(autoscaler["spec"]["maxReplicas"]) + _surge(workload)
    return int(workload.owner["spec"].get("replicas", 1)) + _surge(workload)


def pods(objects: Iterable[Object]) -> Iterator[Object]:
    """Those of workloads; of a DaemonSet, a Job and a CronJob, one."""
    objects = list(objects)
    for workload in workloads(objects):
        for number in range(size(workload, objects)):
            volumes = [
                {"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{workload.name}-{number}"}}
                for claim in _claim_templates(workload)
            ]
            spec = {
                **workload.pod,
                "containers": [*workload.pod["containers"], PROXY],
                "volumes": [*workload.pod.get("volumes", ()), *volumes],
            }
            labels = workload.template["metadata"]["labels"]
            yield _object("Pod", f"{workload.name}-{number}", workload.namespace, labels, spec)


def claims(objects: Iterable[Object]) -> Iterator[Object]:
    """Those of StatefulSets, and a copy of each that was applied before anything was counted."""
    objects = list(objects)
    for workload in workloads(objects):
        for number in range(size(workload, objects)):
            for name, spec in _claim_templates(workload).items():
                labels = {"app": workload.labels["app"]}
                yield _object(
                    "PersistentVolumeClaim", f"{name}-{workload.name}-{number}", workload.namespace, labels, spec
                )
    for item in of_kind(objects, "PersistentVolumeClaim"):
        name, labels = f"{item['metadata']['name']}-copy", item["metadata"]["labels"]
        yield _object("PersistentVolumeClaim", name, namespace_of(item), labels, item["spec"])


def _run_for(gateway: Object) -> Iterator[Object]:
    """The account, the Service and a pod: a door from outside behind a load balancer, or a waypoint inside of the cluster."""
    name, namespace = gateway["metadata"]["name"], namespace_of(gateway)
    labels = {"gateway.networking.k8s.io/gateway-name": name}
    ports = [
        {"name": f"{listener['name']}-{listener['port']}", "port": listener["port"]}
        for listener in gateway["spec"]["listeners"]
    ]
    kind = "ClusterIP"
    if gateway["spec"]["gatewayClassName"] == "istio":
        name, kind = f"{name}-istio", "LoadBalancer"
        ports.append(_TLS_PORT)
    yield _object("ServiceAccount", name, namespace, labels)
    yield _object(
        "Service", name, namespace, labels, {"type": kind, "selector": labels, "ports": [_STATUS_PORT, *ports]}
    )
    # As docs/examples/mesh/install.yaml has Istio make it.
    context = {**PROXY["securityContext"], "readOnlyRootFilesystem": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "serviceAccountName": name,
        "securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]},
        "containers": [{**PROXY, "securityContext": context}],
    }
    yield _object("Pod", f"{name}-0", namespace, labels, spec)


def _surge(workload: Workload) -> int:
    strategy = workload.owner["spec"].get("strategy") or {}
    return int((strategy.get("rollingUpdate") or {}).get("maxSurge", 0))


def _claim_templates(workload: Workload) -> dict[str, Object]:
    return {
        template["metadata"]["name"]: template["spec"]
        for template in workload.owner["spec"].get("volumeClaimTemplates", ())
    }


def _object(kind: str, name: str, namespace: str, labels: dict[str, str], spec: Object | None = None) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    found: Object = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    return found if spec is None else {**found, "spec": spec}

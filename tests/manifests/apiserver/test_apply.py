"""An API server takes everything that a user can apply, without a warning, and the pods of all its workloads at their full size.

Schemas know no defaults, no rules between fields, no admission; the server does. Nothing injects sidecars here, so each pod of
ours has a stand-in, as large as Istio's, that the quotas count.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
from scripts.custom_resources import FOLDER as DEFINITIONS
from scripts.manifests import ISTIO, MANIFESTS, Combination, Object, combinations, has_kubectl, read_objects, render
from tests.manifests.apiserver.cluster import APISERVER, ETCD, Cluster, Refused, running, together
from tests.manifests.workloads import Workload, of_kind, workloads

_AT_HAND = has_kubectl() and ETCD.exists() and APISERVER.exists() and DEFINITIONS.exists()
pytestmark = [
    pytest.mark.needs("kube-apiserver"),
    pytest.mark.timeout(600),
]

# Version of the API, kind, namespace and name.
Identity = tuple[str, str, str, str]

_SIDECAR: Object = {
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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("cluster")) as cluster:
        # Some are too large for the annotation that kubectl keeps otherwise.
        cluster.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
        cluster.kubectl("wait", "--for=condition=Established", "customresourcedefinitions", "--all", "--timeout=60s")
        yield cluster


@pytest.fixture
def base() -> tuple[Object, ...]:
    return render(combinations()[0])


@pytest.mark.parametrize("combination", [pytest.param(found, id=found.name) for found in combinations()])
def test_combination_is_applied_and_its_pods_admitted(cluster: Cluster, combination: Combination) -> None:
    objects = render(combination)
    # A folder is applied as its users do it.
    how = ("apply", "-f", "-") if combination.components else ("apply", "-k", str(combination.folder))
    with _removing(cluster, objects):
        _, warnings = cluster.kubectl(*how, given=together(objects))
        assert not warnings
        stored = _stored(cluster, objects)
        assert stored.keys() == {_identity(item) for item in objects}

        # Nothing drifts: what watches a repository would apply it again and again.
        cluster.kubectl(*how, given=together(objects))
        assert _stored(cluster, objects) == stored

        cluster.enforce_quotas()
        pods = list(_pods(objects))
        _, warnings = cluster.kubectl("create", "-f", "-", given=together([*_claims(objects), *pods]))
        assert not warnings
        assert len(_stored(cluster, pods)) == len(pods)
        for quota in cluster.get("resourcequotas", "-A"):
            namespace = quota["metadata"]["namespace"]
            counted = sum(pod["metadata"]["namespace"] == namespace for pod in pods)
            assert quota["status"]["used"]["pods"] == str(counted), f"the quota of {namespace} was not enforced"


def test_base_is_applied_by_the_folder_above_it(cluster: Cluster, base: tuple[Object, ...]) -> None:
    with _removing(cluster, base):
        cluster.kubectl("apply", "-k", str(MANIFESTS))
        assert len(_stored(cluster, base)) == len(base)


def test_mesh_is_applied_by_its_folder(cluster: Cluster, base: tuple[Object, ...]) -> None:
    mesh = read_objects(sorted(ISTIO.glob("*.yaml")))
    with _removing(cluster, [*mesh, *base]):
        cluster.kubectl("apply", "-k", str(MANIFESTS))
        _, warnings = cluster.kubectl("apply", "-f", f"{ISTIO}/")
        assert not warnings
        assert len(_stored(cluster, mesh)) == len(mesh)


def test_server_refuses_what_it_should(cluster: Cluster, base: tuple[Object, ...]) -> None:
    """What the tests above pass, something can fail."""
    gateway = next(pod for pod in _pods(base) if pod["metadata"]["name"] == "gateway-0")
    container = gateway["spec"]["containers"][0]
    greedy = {**container, "resources": {"limits": {"memory": "17Gi"}}}
    refused: dict[str, Object] = {
        "violates PodSecurity": {"hostNetwork": True},
        "maximum memory usage per Container is 16Gi": {"containers": [greedy]},
        'serviceaccount "nobody" not found': {"serviceAccountName": "nobody"},
        'unknown field "spec.hostNetworks"': {"hostNetworks": True},
        "exceeded quota": {"containers": [{**container, "name": f"copy-{number}"} for number in range(1000)]},
    }
    with _removing(cluster, base):
        cluster.kubectl("apply", "-k", str(MANIFESTS))
        cluster.enforce_quotas()
        for complaint, change in refused.items():
            pod = {**gateway, "spec": {**gateway["spec"], **change}}
            with pytest.raises(Refused, match=complaint):
                cluster.kubectl("create", "-f", "-", "--dry-run=server", given=pod)


@contextmanager
def _removing(cluster: Cluster, objects: Iterable[Object]) -> Iterator[None]:
    """What is applied meanwhile is gone for the next test."""
    try:
        yield
    finally:
        cluster.remove(objects)


def _stored(cluster: Cluster, objects: Iterable[Object]) -> dict[Identity, Object]:
    """What the server made of each. The version is left out: one that writes a default down is new, and the object is not."""
    found = {_identity(item): item for item in cluster.get("-f", "-", given=together(objects))}
    for item in found.values():
        del item["metadata"]["resourceVersion"]
    return found


def _identity(item: Object) -> Identity:
    metadata = item["metadata"]
    return item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"]


def _size(workload: Workload, objects: Iterable[Object]) -> int:
    """How many pods it has at most: what its autoscaler may ask for, if there is one."""
    for autoscaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = autoscaler["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) == (workload.owner["kind"], workload.name):
            return int(autoscaler["spec"]["maxReplicas"])
    return int(workload.owner["spec"].get("replicas", 1))


def _pods(objects: Iterable[Object]) -> Iterator[Object]:
    """What controllers and the mesh would make of the workloads; of a DaemonSet, a Job and a CronJob, one pod."""
    for workload in workloads(objects):
        for number in range(_size(workload, objects)):
            volumes = [
                {"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{workload.name}-{number}"}}
                for claim in _claim_templates(workload)
            ]
            yield {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    **workload.template["metadata"],
                    "name": f"{workload.name}-{number}",
                    "namespace": workload.namespace,
                },
                "spec": {
                    **workload.pod,
                    "containers": [*workload.pod["containers"], _SIDECAR],
                    "volumes": [*workload.pod.get("volumes", ()), *volumes],
                },
            }


def _claims(objects: Iterable[Object]) -> Iterator[Object]:
    """Those of StatefulSets, and a copy of each that was applied before anything was counted."""
    for workload in workloads(objects):
        for number in range(_size(workload, objects)):
            for name, spec in _claim_templates(workload).items():
                yield _claim(f"{name}-{workload.name}-{number}", workload.namespace, spec)
    for item in of_kind(objects, "PersistentVolumeClaim"):
        yield _claim(f"{item['metadata']['name']}-copy", item["metadata"]["namespace"], item["spec"])


def _claim_templates(workload: Workload) -> dict[str, Object]:
    return {
        template["metadata"]["name"]: template["spec"]
        for template in workload.owner["spec"].get("volumeClaimTemplates", ())
    }


def _claim(name: str, namespace: str, spec: Object) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}

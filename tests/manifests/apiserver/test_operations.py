"""What people do to a system that is there: they take a larger overlay, drain a node, take it away again, and type what they know."""

import contextlib
import copy
import json
import shlex
from collections.abc import Iterator

import pytest
from scripts.manifests import MANIFESTS, Combination, Object, combinations, render, title
from scripts.node import ROOT
from tests.manifests.apiserver.cluster import Cluster, Refused, removing, together
from tests.manifests.apiserver.controllers import pods
from tests.manifests.markdown import Document
from tests.manifests.workloads import of_kind

pytestmark = [
    pytest.mark.needs("kube-apiserver"),
    pytest.mark.timeout(300),
]
_NAMESPACE = ("-n", "log-system")
_PROCESSORS = ("statefulset/log-processor", *_NAMESPACE)

# What a user of Kubernetes types first; those that a node would have to answer are left to tests/cluster.
KNOWN = """
kubectl get pods -n log-system
kubectl get pvc -n log-system
kubectl get svc -n log-system
kubectl label namespace log-system istio-injection=enabled
kubectl apply -f istio/
kubectl get hpa -n log-system
kubectl get pods -n log-system -o wide
kubectl get pv
kubectl get storageclass
kubectl describe pod log-processor-0 -n log-system
kubectl describe pvc timescaledb-backups -n log-system
kubectl delete pod -n log-system log-processor-0
kubectl delete pod -n log-system -l app=log-processor --force
kubectl delete -f istio/
"""


@pytest.mark.parametrize(
    ("smaller", "larger"), [("small", "large"), ("small", "medium"), ("kind", "small"), ("large", "small")]
)
def test_another_overlay_takes_no_processor_away(cluster: Cluster, smaller: str, larger: str) -> None:
    """`kubectl apply` takes away what it applied before and is not told any more: a number of pods becomes 1 then."""
    before, after = (render(_overlay(name)) for name in (smaller, larger))
    with removing(cluster, [*before, *after]):
        cluster.kubectl("apply", "-k", str(_overlay(smaller).folder))
        # As the autoscaler does it.
        cluster.kubectl("scale", *_PROCESSORS, "--replicas=2")
        # A volume has its size for good, or until its class grows it; docs/troubleshooting.md says how. All else is applied.
        with contextlib.suppress(Refused):
            cluster.kubectl("apply", "-k", str(_overlay(larger).folder))
        assert _processors(cluster) == 2
        (wanted,) = (item for item in of_kind(after, "StatefulSet") if item["metadata"]["name"] == "log-processor")
        (running,) = cluster.get(*_PROCESSORS)
        assert _resources(running) == _resources(wanted)


def test_the_documented_command_keeps_a_number_that_was_applied_once(cluster: Cluster) -> None:
    objects = render(_overlay("small"))
    (command,) = (
        words for words in Document(ROOT / "docs" / "upgrade.md").commands("kubectl") if words[1] == "annotate"
    )
    for commands, left in (((), 1), ((command,), 3)):
        with removing(cluster, objects):
            cluster.kubectl("apply", "-f", "-", given=together(_with_a_number(objects, 3)))
            for words in commands:
                cluster.kubectl(*words[1:])
            cluster.kubectl("apply", "-k", str(_overlay("small").folder))
            assert _processors(cluster) == left


@pytest.mark.parametrize(
    ("app", "goes"),
    [("log-processor", False), ("log-producer", False), ("log-receiver", False), ("gateway", True), ("frontend", True)],
)
def test_a_drain_leaves_what_holds_records_while_none_of_it_is_ready(cluster: Cluster, app: str, goes: bool) -> None:
    """A database that is away makes every processor not ready; each holds what is stored nowhere else, and goes on acknowledging."""
    objects = render(_overlay("small"))
    with removing(cluster, objects):
        cluster.kubectl("apply", "-k", str(_overlay("small").folder))
        made = [pod for pod in pods(objects) if pod["metadata"]["labels"]["app"] == app][:2]
        cluster.kubectl("create", "-f", "-", given=together(made))
        names = [pod["metadata"]["name"] for pod in made]

        _show(cluster, app, dict.fromkeys(names, False))
        for name in names:
            assert _evicted(cluster, name, dry_run=True) is goes

        # One that is broken by itself does not hold up the drain of its node.
        _show(cluster, app, {names[0]: True, names[1]: False})
        assert _evicted(cluster, names[1])


def test_a_change_of_one_port_of_syslog_keeps_the_other(cluster: Cluster, base: tuple[Object, ...]) -> None:
    """Both have one number, by which kubectl would tell ports apart."""
    changed = copy.deepcopy(base)
    (service,) = (item for item in of_kind(changed, "Service") if item["metadata"]["name"] == "log-receiver")
    for port in service["spec"]["ports"]:
        if port["name"] == "syslog-udp":
            port["targetPort"] = port["port"]
    with removing(cluster, base):
        cluster.kubectl("apply", "-k", str(MANIFESTS))
        cluster.kubectl("apply", "-f", "-", given=together(changed))
        (stored,) = cluster.get("service/log-receiver", *_NAMESPACE)
        assert stored["spec"]["ports"] == service["spec"]["ports"]


def test_a_documented_deletion_leaves_all_that_holds_data(cluster: Cluster) -> None:
    (command,) = (
        words for words in Document(ROOT / "docs" / "install.md").commands("kubectl") if words[1:3] == ["delete", "-k"]
    )
    objects = render(_overlay("small"))
    with removing(cluster, objects):
        cluster.kubectl("apply", "-k", str(_overlay("small").folder))
        cluster.kubectl(*(word.replace("overlays/production", "overlays/small") for word in command[1:]))
        left = cluster.kubectl("get", "-f", "-", "--ignore-not-found", "-o", "json", given=together(objects))[0]
        assert {title(item) for item in json.loads(left)["items"]} == {
            title(item) for item in of_kind(objects, "Namespace", "PersistentVolumeClaim")
        }


def test_known_commands_do_what_they_say(cluster: Cluster) -> None:
    objects = render(_overlay("kind"))
    with removing(cluster, objects):
        cluster.kubectl("apply", "-k", str(_overlay("kind").folder))
        cluster.kubectl("create", "-f", "-", given=together(pods(objects)))
        for line in KNOWN.split("\n"):
            if line:
                cluster.kubectl(*shlex.split(line)[1:])
        assert not cluster.kubectl("get", "pods", *_NAMESPACE, "-l", "app=log-processor", "-o", "name")[0]


def _resources(workload: Object) -> list[Object]:
    return [container["resources"] for container in workload["spec"]["template"]["spec"]["containers"]]


def _overlay(name: str) -> Combination:
    return next(
        found for found in combinations() if found.folder == MANIFESTS / "overlays" / name and not found.components
    )


def _processors(cluster: Cluster) -> int:
    (found,) = cluster.get(*_PROCESSORS)
    return int(found["spec"]["replicas"])


def _with_a_number(objects: tuple[Object, ...], replicas: int) -> Iterator[Object]:
    for item in objects:
        numbered = copy.deepcopy(item)
        if title(item) == "StatefulSet/log-processor":
            numbered["spec"]["replicas"] = replicas
        yield numbered


def _show(cluster: Cluster, app: str, ready: dict[str, bool]) -> None:
    """Say of pods what a kubelet would, and of their budget what its controller would."""
    for name, is_ready in ready.items():
        conditions = [{"type": "Ready", "status": str(is_ready)}]
        _patch_status(cluster, "pod", name, {"phase": "Running", "conditions": conditions})
    (budget,) = cluster.get("pdb", app, *_NAMESPACE)
    healthy, needed = sum(ready.values()), len(ready) - 1
    _patch_status(cluster, "pdb", app, {
        "observedGeneration": budget["metadata"]["generation"], "expectedPods": len(ready),
        "currentHealthy": healthy, "desiredHealthy": needed, "disruptionsAllowed": max(0, healthy - needed),
    })  # fmt: skip


def _patch_status(cluster: Cluster, kind: str, name: str, status: Object) -> None:
    patch = json.dumps({"status": status})
    cluster.kubectl("patch", kind, name, *_NAMESPACE, "--subresource=status", "--type=merge", "-p", patch)


def _evicted(cluster: Cluster, pod: str, *, dry_run: bool = False) -> bool:
    """Whether the API server lets a drain take it."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": "log-system"}}
    query = "?dryRun=All" if dry_run else ""
    try:
        cluster.kubectl(
            "create", "--raw", f"/api/v1/namespaces/log-system/pods/{pod}/eviction{query}", "-f", "-", given=eviction
        )
    except Refused as refusal:
        if "disruption budget" not in str(refusal):
            raise
        return False
    return True

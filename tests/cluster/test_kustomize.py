"""The overlay kind with the node's agent, on real nodes: it comes up, loses nothing, and is closed but for the picture's edges."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scripts.manifests import Object
from scripts.node import ROOT
from tests.cluster.cluster import Failed, eventually, get, kubectl, run, search, status, stored
from tests.manifests.test_edges import EDGES

pytestmark = [
    pytest.mark.needs("cluster"),
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("deployed"),
]

# Pods that can try a connection: their image has nc.
SOURCES = ("log-producer", "log-receiver", "log-processor", "gateway", "log-agent", "stranger")
TARGETS = (
    ("log-producer", 8000),
    ("log-receiver", 8000),
    ("log-receiver", 4317),
    ("log-receiver", 4318),
    ("log-agent", 8000),
    ("log-processor", 50051),
    ("log-processor", 50052),
    ("log-processor", 9090),
    ("gateway", 50050),
    ("gateway", 9090),
    ("frontend", 3000),
    ("frontend", 8080),
    ("frontend", 9090),
    ("timescaledb", 5432),
    ("redis", 6379),
)
STRANGER = """
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: default, labels: {app: stranger}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - {name: python, image: "logmesh/server:0.1.0", imagePullPolicy: IfNotPresent, command: [sleep, "3600"]}
"""
# Sends a line, with the token that it is given.
SENDER = """
import sys
from urllib.request import Request, urlopen

headers = {"Authorization": f"Bearer {sys.argv[1]}", "Content-Type": "text/plain"}
print(urlopen(Request("http://log-receiver.log-system:4318/lines", b"INFO stranger4711 was here", headers), timeout=10).status)
"""


@pytest.fixture(scope="module")
def deployed(empty_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    run("scripts/deploy.sh", "kind")
    folder = tmp_path_factory.mktemp("overlay")
    for name, path in (("resources", "overlays/kind"), ("components", "components/log-agent")):
        with (folder / "kustomization.yaml").open("a") as file:
            file.write(f"{name}: [{os.path.relpath(Path(ROOT, 'manifests', path), folder)}]\n")
    run("kubectl", "apply", "--kustomize", str(folder))
    kubectl("rollout", "status", "daemonset/log-agent", "--namespace=log-agent", "--timeout=180s")
    kubectl("apply", "--filename=-", "--namespace=default", given=STRANGER)
    kubectl("wait", "--for=condition=ready", "pod/stranger", "--namespace=default", "--timeout=60s")
    yield
    kubectl("delete", "pod/stranger", "--namespace=default")


def test_everything_is_ready_and_nothing_was_restarted() -> None:
    def containers() -> list[Object]:
        return [container for pod in get("pods") for container in pod["status"].get("containerStatuses", ())]

    # An autoscaler may just have added a pod.
    eventually(lambda: all(container["ready"] for container in containers()))
    assert not [container["name"] for container in containers() if container["restartCount"]]
    assert {claim["status"]["phase"] for claim in get("pvc")} == {"Bound"}


def test_records_arrive_and_none_is_missing() -> None:
    before = stored()
    eventually(lambda: stored() > before + 1000)
    eventually(lambda: status()["unaccounted_batches"] == 0)
    assert status()["lost_batches"] == 0


def test_pods_reach_what_the_picture_says_and_nothing_else() -> None:
    pods = {
        pod["metadata"]["labels"].get("app"): pod
        for namespace in ("log-system", "log-agent", "default")
        for pod in get("pods", "--field-selector=status.phase=Running", f"--namespace={namespace}")
    }

    def reaches(edge: tuple[str, str, int]) -> bool:
        source, target, port = edge
        pod, address = pods[source]["metadata"], pods[target]["status"]["podIP"]
        connect = ("nc", "-z", "-w", "3", address, str(port))
        try:
            kubectl("exec", f"--namespace={pod['namespace']}", pod["name"], "--", *connect)
        except Failed:
            return False
        return True

    # A pod's own ports are nobody's to close.
    tried = [(source, target, port) for source in SOURCES for target, port in TARGETS if source != target]
    with ThreadPoolExecutor(8) as threads:
        admitted = {edge for edge, open_ in zip(tried, threads.map(reaches, tried), strict=True) if open_}
    picture = {("stranger" if source == "elsewhere" else source, target, port) for source, target, port in EDGES}
    assert admitted == picture & set(tried)


def test_a_pod_of_another_namespace_sends_with_a_token() -> None:
    token = kubectl(
        "exec", "deploy/gateway", "--", "logmesh", "token", "create", "stranger", "--gateway", "localhost:50050"
    )
    said = kubectl(
        "exec", "--namespace=default", "--stdin", "stranger", "--", "python", "-", token.strip(), given=SENDER
    )
    assert said.strip() == "200"
    eventually(lambda: search("stranger4711"))
    with pytest.raises(Failed, match="401"):
        kubectl("exec", "--namespace=default", "--stdin", "stranger", "--", "python", "-", "lm_no", given=SENDER)


def test_processors_that_restart_or_vanish_lose_nothing() -> None:
    before = stored()
    kubectl("rollout", "restart", "statefulset/log-processor")
    kubectl("rollout", "status", "statefulset/log-processor", "--timeout=300s")
    kubectl("delete", "pod/log-processor-0", "--force", "--grace-period=0")
    kubectl("scale", "statefulset/log-processor-canary", "--replicas=1")
    for name in ("log-processor", "log-processor-canary"):
        kubectl("rollout", "status", f"statefulset/{name}", "--timeout=300s")
    eventually(lambda: stored() > before + 1000)
    eventually(lambda: status()["unaccounted_batches"] == 0)
    assert status()["lost_batches"] == 0
    assert {processor["track"] for processor in status()["processors"]} == {"stable", "canary"}


def test_the_agent_reads_every_container_of_the_node() -> None:
    def seen() -> bool:
        return bool(search('service = "log-processor" AND resource.k8s.namespace.name = "log-system"'))

    eventually(seen)
    assert search('service = "timescaledb" AND attributes.log.iostream = "stderr"')


def test_autoscalers_know_what_their_pods_take() -> None:
    def measured() -> bool:
        found = [metric for scaler in get("hpa") for metric in scaler["status"].get("currentMetrics") or ()]
        return len(found) == 6 and all(m["containerResource"]["current"]["averageUtilization"] for m in found)

    eventually(measured, seconds=180)


def test_a_producer_that_is_scaled_away_leaves_nothing_behind() -> None:
    """With the autoscaler away, which would bring it back."""
    kubectl("delete", "hpa/log-producer")
    kubectl("scale", "deployment/log-producer", "--replicas=3")
    kubectl("rollout", "status", "deployment/log-producer", "--timeout=120s")
    kubectl("scale", "statefulset/log-processor", "--replicas=0")
    kubectl("scale", "deployment/log-producer", "--replicas=1")
    run("kubectl", "apply", "--kustomize", "manifests/overlays/kind")
    kubectl("scale", "statefulset/log-processor", "--replicas=2")
    kubectl("rollout", "status", "statefulset/log-processor", "--timeout=300s")
    eventually(lambda: len(get("pods", "--selector=app=log-producer")) == 2, seconds=300)
    eventually(lambda: status()["unaccounted_batches"] == 0)
    assert status()["lost_batches"] == 0


def test_a_dump_is_brought_back() -> None:
    kubectl("create", "job", "--from=cronjob/timescaledb-backup", "backup-now")
    kubectl("wait", "--for=condition=complete", "job/backup-now", "--timeout=180s")
    before = stored()
    assert kubectl("exec", "timescaledb-0", "--", "ls", "/backups").startswith("logmesh-")
    run("scripts/restore.sh", "latest", "--yes")
    kubectl("rollout", "status", "deployment/gateway", "--timeout=120s")
    # What came after the dump is sent again by those who still hold it.
    eventually(lambda: stored() > before)
    eventually(lambda: status()["unaccounted_batches"] == 0)
    assert status()["lost_batches"] == 0

"""Every container of ours is held to Pod Security `restricted`, with a read-only root, limits and a probe; exceptions are named."""

from typing import Any

from scripts.manifests import Object
from tests.manifests.workloads import Workload, workloads

# Reads the node's log files, which belong to root.
READS_THE_NODE = {"log-agent"}
# Their images write next to their data or run as their own user; what they may not do is held all the same.
OWN_USER = {"timescaledb": 70, "timescaledb-backup": 70, "redis": 999, "jaeger": 10001}


def test_pods_and_containers_are_confined(objects: tuple[Object, ...]) -> None:
    for workload in workloads(objects):
        app = workload.labels["app"]
        for container in workload.containers:
            context = _context(workload, container)
            where = f"{workload.title}: {container['name']}"
            assert context.get("allowPrivilegeEscalation") is False, where
            assert context["capabilities"]["drop"] == ["ALL"], where
            assert context["readOnlyRootFilesystem"] is True, where
            assert context["seccompProfile"]["type"] == "RuntimeDefault", where
            if app not in READS_THE_NODE:
                assert not context["capabilities"].get("add"), where
                assert context["runAsNonRoot"] is True, where
                assert context["runAsUser"] == OWN_USER.get(app, 1000), where
        assert workload.pod.get("automountServiceAccountToken") is False, workload.title
        assert workload.pod.get("serviceAccountName", "default") != "default", workload.title
        assert not any(workload.pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")), workload.title


def test_containers_have_requests_and_limits(objects: tuple[Object, ...]) -> None:
    for workload in workloads(objects):
        for container in workload.containers:
            resources = container.get("resources", {})
            where = f"{workload.title}: {container['name']}"
            assert {"cpu", "memory"} <= set(resources.get("requests", {})), where
            # A limit of CPU would stop a process in the middle of a flush; one of memory protects the node.
            assert "memory" in resources.get("limits", {}), where


def test_what_serves_is_probed(objects: tuple[Object, ...]) -> None:
    for workload in workloads(objects):
        if workload.owner["kind"] in {"Job", "CronJob"}:
            continue
        for container in workload.pod["containers"]:
            where = f"{workload.title}: {container['name']}"
            assert "readinessProbe" in container, where
            assert "livenessProbe" in container, where


def _context(workload: Workload, container: Object) -> dict[str, Any]:
    """The container's security context over its pod's."""
    return {**(workload.pod.get("securityContext") or {}), **(container.get("securityContext") or {})}

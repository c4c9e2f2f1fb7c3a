"""Names of workloads, from the names of their pods."""

import pytest

from logmesh.producer.containers.kubelet import place_of

_UID = "9f2c3e1a-7b1d-4c56-8e90-a1b2c3d4e5f6"


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("web-backend-5d4f8c7b9d-x2x7k", "web-backend"),  # Deployment
        ("web-7b9d4c-x2x7k", "web-7b9d4c"),  # a hash has more
        ("log-processor-canary-0", "log-processor-canary"),  # StatefulSet
        ("log-agent-zq9vd", "log-agent"),  # DaemonSet, Job
        ("timescaledb-backup-29723100-c4hx9", "timescaledb-backup"),  # CronJob
        ("kube-apiserver-node-a", "kube-apiserver-node-a"),  # the kubelet's own
        ("nginx-proxy", "nginx-proxy"),  # a word, not five characters that Kubernetes makes
        ("x2x7k", "x2x7k"),
    ],
)
def test_a_pod_s_name_tells_its_workload(pod: str, workload: str) -> None:
    place = place_of(f"/var/log/pods/shop_{pod}_{_UID}/server/0.log")
    assert place is not None
    container = place.container_by_path()
    assert container.service == workload
    assert container.instance == f"shop.{pod}.server"


def test_a_mirror_pod_s_identity_is_a_hash() -> None:
    place = place_of("/var/log/pods/kube-system_etcd-node-a_0123456789abcdef0123456789abcdef/etcd/14.log")
    assert place is not None and place.restarts == 14


@pytest.mark.parametrize("ending", ["", ".20251126-110000", ".20251126-110000.gz"])
def test_a_log_that_was_rotated_is_still_its_container_s(ending: str) -> None:
    place = place_of(f"/var/log/pods/shop_web-0_{_UID}/server/3.log{ending}")
    assert place is not None
    container = place.container_by_path()
    assert (container.service, container.attributes["k8s.container.restart_count"]) == ("web", 3)


@pytest.mark.parametrize(
    "path",
    [
        "/var/log/app.log",
        f"/var/log/pods/shop_web_{_UID}/server/0.txt",
        f"/var/log/pods/shop_web_{_UID}/0.log",
        f"/var/log/pods/web_{_UID}/server/0.log",
        "/var/log/pods/shop_web_uid/server/0.log",
        f"/var/log/pods/shop_web_{_UID}/server/0.log.old",
    ],
)
def test_other_paths_name_no_container(path: str) -> None:
    assert place_of(path) is None

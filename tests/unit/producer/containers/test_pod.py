"""What a pod says of its containers' records."""

from typing import Any

import pytest
from tests.kube_api import pod

from logmesh.producer.containers.container import MOST_LABELS, MOST_VALUE_BYTES, Container
from logmesh.producer.containers.kubelet import Place
from logmesh.producer.containers.pod import Pod, Wanted, read_pod, wanted

ALL = wanted(["*"], [])


def read(given: Any, which: Wanted = ALL) -> Pod:
    found = read_pod(given, which)
    assert found is not None
    return found


def container(given: Any, name: str = "server", which: Wanted = ALL) -> Container:
    return read(given, which).container_at(Place("shop", "cart-5d4f8c7b9d-x2x7k", "uid", name, 2))


def test_labels_node_owner_and_image_are_beside_what_the_path_says() -> None:
    given = pod(
        "cart-5d4f8c7b9d-x2x7k",
        "uid",
        labels={"app": "cart", "pod-template-hash": "5d4f8c7b9d"},
        annotations={"note": "x"},
        owner=("ReplicaSet", "cart-5d4f8c7b9d"),
    )
    found = container(given)
    assert (found.service, found.instance) == ("cart", "shop.cart-5d4f8c7b9d-x2x7k.server")
    assert found.attributes == {
        "k8s.namespace.name": "shop",
        "k8s.pod.name": "cart-5d4f8c7b9d-x2x7k",
        "k8s.pod.uid": "uid",
        "k8s.container.name": "server",
        "k8s.container.restart_count": 2,
        "k8s.node.name": "node-a",
        "k8s.replicaset.name": "cart-5d4f8c7b9d",
        "k8s.deployment.name": "cart",
        "k8s.pod.label.app": "cart",
        "k8s.pod.label.pod-template-hash": "5d4f8c7b9d",
        "container.image.name": "shop",
        "container.image.tags": ["1.2"],
    }


@pytest.mark.parametrize(
    ("owner", "labels", "attributes", "service"),
    [
        (("ReplicaSet", "web-abc"), {}, {"k8s.replicaset.name": "web-abc"}, "web-abc"),
        (("ReplicaSet", "web-abc"), {"pod-template-hash": "xyz"}, {"k8s.replicaset.name": "web-abc"}, "web-abc"),
        (("StatefulSet", "log-processor"), {}, {"k8s.statefulset.name": "log-processor"}, "log-processor"),
        (("DaemonSet", "log-agent"), {}, {"k8s.daemonset.name": "log-agent"}, "log-agent"),
        (("Job", "import"), {}, {"k8s.job.name": "import"}, "import"),
        (
            ("Job", "backup-29723100"),
            {},
            {"k8s.job.name": "backup-29723100", "k8s.cronjob.name": "backup"},
            "backup",
        ),
        (("Node", "node-a"), {}, {}, "cart"),
        (("Cluster", "database"), {}, {}, "cart"),
        (None, {}, {}, "cart"),
    ],
)
def test_the_owner_is_an_attribute_and_names_the_service(
    owner: tuple[str, str] | None, labels: dict[str, str], attributes: dict[str, str], service: str
) -> None:
    given = pod("p", "uid", owner=owner, labels=labels)
    assert {key: value for key, value in read(given, wanted([], [])).attributes.items() if key != "k8s.node.name"} == (
        attributes
    )
    assert container(given).service == service


def test_an_owner_that_does_not_control_the_pod_is_none() -> None:
    given = pod("p", "uid", owner=("StatefulSet", "x"))
    given["metadata"]["ownerReferences"][0]["controller"] = False
    assert read(given).workload == ""


def test_labels_and_annotations_are_chosen_by_globs_and_hints_are_neither() -> None:
    given = pod(
        "p",
        "uid",
        labels={"app.kubernetes.io/name": "cart", "team": "shop"},
        annotations={"note": "x", "team/owner": "y", "logmesh.io/service": "checkout"},
    )
    found = container(given, which=wanted(["app.kubernetes.io/*"], ["team/*", "logmesh.io/*"]))
    chosen = {key: value for key, value in found.attributes.items() if key.startswith(("k8s.pod.l", "k8s.pod.a"))}
    assert chosen == {"k8s.pod.label.app.kubernetes.io/name": "cart", "k8s.pod.annotation.team/owner": "y"}
    assert found.service == "checkout"


def test_labels_and_annotations_are_bounded_in_number_and_size() -> None:
    many = {f"n{number:03}": "v" for number in range(300)}
    attributes = read(pod("p", "uid", labels=many, annotations=many), wanted(["*"], ["*"])).attributes
    for prefix in ("k8s.pod.label.", "k8s.pod.annotation."):
        found = [value for key, value in attributes.items() if key.startswith(prefix)]
        assert len(found) == MOST_LABELS
    (large,) = (
        value for key, value in read(pod("p", "uid", labels={"x": "v" * 9_999})).attributes.items() if key[-1] == "x"
    )
    assert len(large) == MOST_VALUE_BYTES


def test_a_static_pod_is_known_by_the_hash_that_its_paths_bear() -> None:
    found = read(pod("etcd-node-a", "uid", annotations={"kubernetes.io/config.hash": "0" * 32}))
    assert (found.uid, found.key) == ("uid", "0" * 32)


def test_every_kind_of_container_has_its_image_and_its_own_hints() -> None:
    given = pod("p", "uid", images={"server": "a:1"}, annotations={"logmesh.io/exclude.setup": "true"})
    given["spec"]["initContainers"] = [{"name": "setup", "image": "b:2"}]
    given["spec"]["ephemeralContainers"] = [{"name": "debugger", "image": "c:3"}]
    names = {
        name: container(given, name).attributes.get("container.image.name") for name in ("server", "setup", "debugger")
    }
    assert names == {"server": "a", "setup": "b", "debugger": "c"}
    assert [container(given, name).hints.excluded for name in ("server", "setup")] == [False, True]


@pytest.mark.parametrize("given", [None, [], {}, {"metadata": []}, {"metadata": {"uid": 7}}])
def test_what_is_no_pod_is_none(given: Any) -> None:
    assert read_pod(given, ALL) is None

"""What a path's container is called follows what is told of its pod."""

from typing import Any

import pytest

from logmesh.producer.containers.naming import Naming
from logmesh.producer.containers.pod import read_pod, wanted
from logmesh.producer.containers.pods import NotYet, Pods

UID = "00000000-0000-4000-8000-000000000001"
PATH = f"/var/log/pods/shop_cart_{UID}/server/0.log"


def told(pods: Pods, team: str) -> None:
    given: dict[str, Any] = {"metadata": {"uid": UID, "labels": {"team": team}}}
    found = read_pod(given, wanted(["*"], []))
    assert found is not None
    pods.put(found)


def test_each_change_of_a_pod_is_seen_at_once() -> None:
    pods = Pods(lambda: 0.0)
    naming = Naming(lambda: 0.0, lambda _: None, pods)
    with pytest.raises(NotYet):
        naming.container_of(PATH)
    for team in ("one", "two"):
        told(pods, team)
        for _ in range(2):
            found = naming.container_of(PATH)
            assert found is not None and found.attributes["k8s.pod.label.team"] == team


def test_a_failure_is_raised_for_a_pod_that_is_known_too() -> None:
    pods = Pods(lambda: 0.0)
    naming = Naming(lambda: 0.0, lambda _: None, pods)
    told(pods, "one")
    naming.container_of(PATH)
    pods.fail(KeyError("x"))
    with pytest.raises(KeyError):
        naming.container_of(PATH)

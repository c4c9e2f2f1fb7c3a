"""What is remembered of pods, for how long, and what is waited for."""

import pytest

from logmesh.producer.containers.kubelet import Place
from logmesh.producer.containers.pod import Pod
from logmesh.producer.containers.pods import NotYet, Pods


class Clock:
    """Time that passes when told to."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def place(key: str) -> Place:
    return Place("shop", "x", key, "server", 0)


def pod(key: str, uid: str = "") -> Pod:
    return Pod(uid or key, key, "", {}, {}, {})


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_is_told_again_is_no_change(clock: Clock) -> None:
    pods = Pods(clock)
    pods.put(pod("a"))
    changes = pods.changes
    pods.put(pod("a"))
    assert pods.changes == changes
    pods.put(pod("a")._replace(workload="cart"))
    assert pods.changes > changes and pods.all() == [pod("a")._replace(workload="cart")]


def test_an_unknown_pod_is_waited_for_a_moment_and_then_no_more(clock: Clock) -> None:
    pods = Pods(clock, wait_seconds=2)
    for _ in range(3):
        with pytest.raises(NotYet):
            pods.find(place("a"))
        clock.now += 0.6
    clock.now += 1
    assert pods.find(place("a")) is None
    clock.now -= 3
    assert pods.find(place("a")) is None


def test_a_pod_that_becomes_known_is_waited_for_no_longer_and_one_that_comes_late_is_known(clock: Clock) -> None:
    pods = Pods(clock, wait_seconds=2)
    with pytest.raises(NotYet):
        pods.find(place("a"))
    pods.put(pod("a"))
    assert pods.find(place("a")) == pod("a")
    with pytest.raises(NotYet):
        pods.find(place("b"))
    clock.now += 2
    assert pods.find(place("b")) is None
    pods.put(pod("b"))
    assert pods.find(place("b")) == pod("b")


def test_a_deleted_pod_is_known_for_a_while(clock: Clock) -> None:
    pods = Pods(clock, keep_seconds=60, wait_seconds=0)
    pods.put(pod("a"))
    pods.lose(pod("a"))
    clock.now += 59
    pods.put(pod("b"))
    assert pods.find(place("a")) == pod("a")
    clock.now += 1
    pods.put(pod("b"))
    assert pods.find(place("a")) is None and len(pods) == 1


def test_pods_that_are_not_in_a_new_list_are_gone_and_known_for_a_while(clock: Clock) -> None:
    pods = Pods(clock, keep_seconds=60, wait_seconds=0)
    pods.replace([pod("a"), pod("b")])
    pods.replace([pod("b"), pod("c")])
    assert [pods.find(place(key)) is not None for key in "abc"] == [True] * 3
    clock.now += 61
    pods.replace([pod("c")])
    assert [pods.find(place(key)) is not None for key in "abc"] == [False, True, True]


def test_the_one_that_took_a_static_pod_s_place_is_not_lost_with_it(clock: Clock) -> None:
    pods = Pods(clock, keep_seconds=60, wait_seconds=0)
    pods.put(pod("hash", "first"))
    pods.put(pod("hash", "second"))
    pods.lose(pod("hash", "first"))
    clock.now += 1_000
    pods.put(pod("b"))
    assert pods.find(place("hash")) == pod("hash", "second")


def test_the_number_of_pods_is_bounded_and_those_gone_for_longest_go_first(clock: Clock) -> None:
    pods = Pods(clock, most=3, wait_seconds=0)
    for key in "abc":
        pods.put(pod(key))
    pods.lose(pod("b"))
    pods.put(pod("d"))
    assert [pods.find(place(key)) is not None for key in "abcd"] == [True, False, True, True]
    pods.put(pod("e"))
    assert len(pods) == 3


def test_what_is_asked_for_is_bounded(clock: Clock) -> None:
    pods = Pods(clock, wait_seconds=0)
    for number in range(20_000):
        assert pods.find(place(str(number))) is None
    assert len(pods._asked) == 10_000


def test_a_mistake_of_who_tells_of_pods_is_raised(clock: Clock) -> None:
    pods = Pods(clock)
    pods.fail(KeyError("x"))
    with pytest.raises(KeyError):
        pods.find(place("a"))

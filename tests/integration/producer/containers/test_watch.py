"""What is known of a node's pods, while the server that tells it is restarted, falls silent, forgets or refuses."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.kube_api import KubeApi, kube_api, pod, serving
from tests.waiting import until, until_true

from logmesh.producer.containers import api_server, watch
from logmesh.producer.containers.api_server import ApiServer
from logmesh.producer.containers.kubelet import Place
from logmesh.producer.containers.pod import Pod, read_pod, wanted
from logmesh.producer.containers.pods import NotYet, Pods
from logmesh.producer.containers.watch import PodWatch

EVERY = wanted(["*"], ["*"])


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(watch, "_MOST_PAUSE_SECONDS", 0.1)


@dataclass
class Watched:
    """An API server, and what is known of its pods."""

    api: KubeApi
    pods: Pods

    def find(self, uid: str) -> Pod | None:
        try:
            return self.pods.find(Place("shop", "x", uid, "server", 0))
        except NotYet:
            return None

    async def until_known(self, uid: str, **labels: str) -> None:
        expected = {f"k8s.pod.label.{key}": value for key, value in labels.items()}

        def is_known() -> bool:
            found = self.find(uid)
            return found is not None and expected.items() <= found.attributes.items()

        await until_true(is_known)

    @property
    def lists(self) -> list[dict[str, str]]:
        return [asked for asked in self.api.asked if "watch" not in asked]


@asynccontextmanager
async def watching(api: KubeApi, silence_seconds: float = 60) -> AsyncIterator[Watched]:
    pods = Pods(time.monotonic, wait_seconds=0)
    server = ApiServer(api.url, api.account, silence_seconds=silence_seconds)
    running = asyncio.create_task(PodWatch(server, "node-a", pods, lambda given: read_pod(given, EVERY)).run())
    try:
        yield Watched(api, pods)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait({running})


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[KubeApi]:
    async with kube_api(tmp_path) as api:
        yield api


async def test_pods_are_listed_and_then_watched(api: KubeApi) -> None:
    api.put(pod("a", "uid-a", labels={"team": "one"}))
    async with watching(api) as watched:
        await watched.until_known("uid-a", team="one")
        api.put(pod("b", "uid-b"))
        await watched.until_known("uid-b")
        api.put(pod("a", "uid-a", labels={"team": "two"}))
        await watched.until_known("uid-a", team="two")
    assert len(watched.lists) == 1
    assert watched.lists[0] == {"fieldSelector": "spec.nodeName=node-a", "resourceVersion": "0"}
    (asked,) = [asked for asked in api.asked if "watch" in asked]
    assert asked["allowWatchBookmarks"] == "true" and int(asked["timeoutSeconds"]) > 0


async def test_a_pod_that_is_gone_at_once_is_still_known(api: KubeApi) -> None:
    async with watching(api) as watched:
        await until_true(lambda: api.watches)
        api.put(pod("a", "uid-a", labels={"team": "one"}))
        api.remove("uid-a")
        api.put(pod("b", "uid-b"))
        await watched.until_known("uid-b")
        await watched.until_known("uid-a", team="one")


async def test_a_watch_that_is_cut_goes_on_where_it_was(api: KubeApi) -> None:
    async with watching(api) as watched:
        await until_true(lambda: api.watches)
        for number in range(5):
            api.put(pod("a", f"uid-{number}"))
            await watched.until_known(f"uid-{number}")
            api.cut()
            api.put(pod("b", f"missed-{number}"))
            api.remove(f"missed-{number}")
            await watched.until_known(f"missed-{number}")
    assert len(watched.lists) == 1


async def test_what_the_server_has_forgotten_is_listed_again_as_it_is_now(api: KubeApi) -> None:
    api.put(pod("a", "uid-a"))
    async with watching(api) as watched:
        await watched.until_known("uid-a")
        await until_true(lambda: api.watches)
        api.pods.clear()
        api.pods["uid-b"] = pod("b", "uid-b")
        api.forget()
        api.cut()
        await watched.until_known("uid-b")
        assert watched.find("uid-a") is not None  # gone, and still known
    assert [asked.get("resourceVersion") for asked in watched.lists] == ["0", None]


async def test_an_error_among_the_events_is_as_one_of_the_answer(api: KubeApi) -> None:
    async with watching(api) as watched:
        await until_true(lambda: api.watches)
        api.error(410, "too old resource version")
        await until_true(lambda: len(watched.lists) == 2)
        await until_true(lambda: api.watches)
        api.error(500, "etcd has no leader")
        api.put(pod("a", "uid-a"))
        await watched.until_known("uid-a")
    assert len(watched.lists) == 2


async def test_an_event_that_is_too_large_is_not_held_and_the_pods_are_listed(
    api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_server, "_MOST_EVENT_BYTES", 1 << 20)
    async with watching(api) as watched:
        await until_true(lambda: api.watches)
        api.put(pod("a", "uid-a", labels={"large": "x" * (3 << 20)}))
        await watched.until_known("uid-a")
    assert len(watched.lists) == 2


async def test_a_bookmark_moves_on_what_is_asked_for_next(api: KubeApi) -> None:
    async with watching(api):
        await until_true(lambda: api.watches)
        api.bookmark()
        seen = str(api.version)

        async def is_asked_for() -> bool:
            api.cut()
            return any(asked.get("resourceVersion") == seen for asked in api.asked)

        await until(is_asked_for)


async def test_a_server_that_falls_silent_is_left_and_asked_again(api: KubeApi) -> None:
    api.is_silent = True
    with capture_logs() as said:
        async with watching(api, silence_seconds=0.2) as watched:
            await until_true(lambda: len(api.asked) > 3)
            api.is_silent = False
            api.put(pod("a", "uid-a"))
            await watched.until_known("uid-a")
    assert len(watched.lists) == 1
    assert "pods_not_watched" not in {entry["event_name"] for entry in said}


async def test_a_server_that_is_away_is_said_once_and_its_return_too(tmp_path: Path) -> None:
    async with kube_api(tmp_path) as api:
        api.put(pod("a", "uid-a"))
    with capture_logs() as said:
        async with watching(api) as watched:
            await until_true(lambda: any(entry["event_name"] == "pods_not_watched" for entry in said))
            files = tmp_path / "certificates"
            async with serving(api, files / "gateway.crt", files / "gateway.key"):
                await watched.until_known("uid-a")
                await until_true(lambda: api.watches)
    assert [entry["event_name"] for entry in said[:2]] == ["pods_not_watched", "pods_watched"]
    assert str(api.port) in said[0]["error"]


@pytest.mark.parametrize(
    ("status", "hint"), [(403, "needs list and watch of pods"), (429, "HTTP 429"), (500, "HTTP 500")]
)
async def test_a_refusal_is_said_with_what_to_do_and_tried_again(api: KubeApi, status: int, hint: str) -> None:
    api.status = status
    api.put(pod("a", "uid-a"))
    with capture_logs() as said:
        async with watching(api) as watched:
            await until_true(lambda: len(api.asked) > 3)
            api.status = 0
            await watched.until_known("uid-a")
    (first, *_) = said
    assert first["event_name"] == "pods_not_watched" and hint in first["error"]
    assert sum(entry["event_name"] == "pods_not_watched" for entry in said) == 1


async def test_a_token_that_was_replaced_is_read_again(api: KubeApi) -> None:
    async with watching(api) as watched:
        await until_true(lambda: api.watches)
        api.token = "second-token"
        api.cut()
        await until_true(lambda: len(api.asked) > 3)
        api.write_token()
        api.put(pod("a", "uid-a"))
        await watched.until_known("uid-a")


async def test_a_server_of_another_authority_is_not_given_the_token(api: KubeApi, tmp_path: Path) -> None:
    async with kube_api(tmp_path / "other") as other:
        (api.account / "ca.crt").write_bytes((other.account / "ca.crt").read_bytes())
    with capture_logs() as said:
        async with watching(api):
            await until_true(lambda: said)
    assert not api.asked and "certificate" in said[0]["error"].lower()


async def test_objects_that_are_no_pods_are_passed_over(api: KubeApi) -> None:
    async with watching(api) as watched:
        await until_true(lambda: api.watches)
        api.put({"metadata": {"uid": "", "labels": 3}, "spec": []})
        api.put({"metadata": {"uid": "uid-x", "labels": {"a": 1}, "ownerReferences": "x"}, "spec": {"containers": [7]}})
        api.put(pod("a", "uid-a"))
        await watched.until_known("uid-a")
        assert watched.find("uid-x") is not None

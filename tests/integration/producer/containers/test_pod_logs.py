"""Records of pods' logs, with what the API server says of the pods, and without."""

import asyncio
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from tests.kube_api import KubeApi, kube_api, pod
from tests.waiting import until_true

from logmesh.producer.containers import memory
from logmesh.producer.containers import pods as known_pods
from logmesh.producer.containers.asking import pods_of_node
from logmesh.producer.containers.pods import Pods
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources.file import FileSource

UID = "9f2c3e1a-7b1d-4c56-8e90-a1b2c3d4e5f6"


def log_of(
    root: Path, *lines: str, name: str = "cart-5d4f8c7b9d-x2x7k", uid: str = UID, container: str = "server"
) -> Path:
    """A container's log as the kubelet names it, with these lines added."""
    log = root / "pods" / f"shop_{name}_{uid}" / container / "0.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.writelines(f"2025-01-02T03:04:05.000000006Z stdout F {line}\n" for line in lines)
    return log


class Agent:
    """A source of all pods' logs, which keeps what came by body."""

    def __init__(self, root: Path, pods: Pods | None, **settings: Any) -> None:
        pattern = os.fspath(root / "pods" / "*/*/*.log*")
        self.source = FileSource([pattern], {}, pods=pods, scan_seconds=0.05, poll_seconds=0.01, **settings)
        self.found: dict[str, dict[str, Any]] = {}
        self.services: dict[str, str] = {}

    async def read(self) -> bool:
        """Reads once; whether more may come."""
        chunk = await self.source.read(100, 0.05)
        for body, origin in zip(chunk.bodies, chunk.origins, strict=True) if chunk else ():
            self.found[body.decode()] = json.loads(origin.resource_attributes)
            self.services[body.decode()] = origin.service_name.decode()
        return chunk is not None

    async def until(self, *bodies: str) -> None:
        """Reads until these have come."""
        ends = time.monotonic() + 30
        while not set(bodies) <= self.found.keys():
            assert time.monotonic() < ends, f"only {list(self.found)}"
            await self.read()


def settings(api: KubeApi) -> ProducerSettings:
    """Of an agent whose spool is beside the service account's folder."""
    return ProducerSettings(
        node_name="node-a", api_server=api.url, service_account_dir=api.account, spool_dir=api.account.parent
    )


async def test_a_pod_that_lived_a_moment_has_its_labels_though_its_log_is_read_later(tmp_path: Path) -> None:
    async with kube_api(tmp_path) as api, pods_of_node(settings(api)) as pods:
        await until_true(lambda: api.watches)
        api.put(pod("cart", UID, labels={"team": "one"}, owner=("StatefulSet", "carts")))
        log_of(tmp_path, "short")
        api.remove(UID)
        agent = Agent(tmp_path, pods)
        await agent.until("short")
        await agent.source.close()
    assert agent.services == {"short": "carts"}
    assert agent.found["short"]["k8s.pod.label.team"] == "one"
    assert agent.found["short"]["k8s.node.name"] == "node-a"


async def test_a_log_that_is_there_first_waits_for_its_pod_to_be_named(tmp_path: Path) -> None:
    async with kube_api(tmp_path) as api, pods_of_node(settings(api)) as pods:
        agent = Agent(tmp_path, pods)
        log_of(tmp_path, "first")
        assert await agent.read() and not agent.found
        api.put(pod("cart", UID, labels={"team": "one"}))
        await agent.until("first")
        await agent.source.close()
    assert agent.found["first"]["k8s.pod.label.team"] == "one"


async def test_without_the_api_server_logs_go_on_with_what_their_path_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_pods, "WAIT_SECONDS", 0.3)
    async with kube_api(tmp_path) as api:
        pass  # gone again
    async with pods_of_node(settings(api)) as pods:
        agent = Agent(tmp_path, pods)
        log_of(tmp_path, "one")
        began = time.monotonic()
        await agent.until("one")
        assert time.monotonic() - began < 10
        log_of(tmp_path, "two")
        await agent.until("two")
        await agent.source.close()
    assert agent.services == {"one": "cart", "two": "cart"}
    assert agent.found["two"].keys() == {
        "k8s.namespace.name",
        "k8s.pod.name",
        "k8s.pod.uid",
        "k8s.container.name",
        "k8s.container.restart_count",
        "log.file.path",
    }


async def test_what_was_known_before_a_restart_holds_while_the_api_server_is_away(tmp_path: Path) -> None:
    async with kube_api(tmp_path) as api, pods_of_node(settings(api)) as pods:
        api.put(pod("cart", UID, labels={"team": "one"}))
        api.put(pod("secret", UID.replace("9", "8"), annotations={"logmesh.io/exclude": "true"}))
        await until_true(lambda: len(pods or ()) == 2)
    async with pods_of_node(settings(api)) as pods:
        agent = Agent(tmp_path, pods)
        log_of(tmp_path, "secret's", name="secret", uid=UID.replace("9", "8"))
        log_of(tmp_path, "one")
        await agent.until("one")
        await agent.read()
        await agent.source.close()
    assert agent.found.keys() == {"one"}
    assert agent.found["one"]["k8s.pod.label.team"] == "one"


@pytest.mark.parametrize("damage", [b"", b"[", b"{}", b'[{"uid": 1}]', b"[7]"])
async def test_a_file_of_pods_that_can_t_be_read_is_as_none(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / memory.FILE).write_bytes(damage)
    async with kube_api(tmp_path) as api, pods_of_node(settings(api)) as pods:
        api.put(pod("cart", UID))
        await until_true(lambda: len(pods or ()) == 1)
    assert [known.uid for known in memory.load(tmp_path / memory.FILE)] == [UID]


async def test_what_is_said_of_a_pod_later_is_beside_its_later_records(tmp_path: Path) -> None:
    async with kube_api(tmp_path) as api, pods_of_node(settings(api)) as pods:
        api.put(pod("cart", UID, labels={"version": "1"}))
        agent = Agent(tmp_path, pods)
        log_of(tmp_path, "one")
        await agent.until("one")
        api.put(pod("cart", UID, labels={"version": "2"}))
        assert pods is not None
        await until_true(lambda: "2" in str(pods._there))
        log_of(tmp_path, "two")
        await agent.until("two")
        await agent.source.close()
    assert [agent.found[body]["k8s.pod.label.version"] for body in ("one", "two")] == ["1", "2"]


async def test_a_pod_or_a_container_that_opts_out_is_not_read(tmp_path: Path) -> None:
    other = UID.replace("9", "8")
    async with kube_api(tmp_path) as api, pods_of_node(settings(api)) as pods:
        api.put(pod("cart", UID, annotations={"logmesh.io/exclude.proxy": "true"}))
        api.put(pod("secret", other, annotations={"logmesh.io/exclude": "true"}))
        log_of(tmp_path, "server's")
        log_of(tmp_path, "proxy's", container="proxy")
        log_of(tmp_path, "secret's", name="secret", uid=other)
        agent = Agent(tmp_path, pods)
        await agent.until("server's")
        for _ in range(5):
            await agent.read()
        api.put(pod("secret", other))
        await agent.until("secret's")
        await agent.source.close()
    assert agent.found.keys() == {"server's", "secret's"}


async def test_a_run_that_does_not_follow_waits_for_pods_to_be_named(tmp_path: Path) -> None:
    log_of(tmp_path, "only")
    pods = Pods(time.monotonic, wait_seconds=0.5)
    agent = Agent(tmp_path, pods, follow=False)
    while await agent.read():
        pass
    await agent.source.close()
    assert agent.services == {"only": "cart"}


async def test_rotation_while_a_pod_is_waited_for_loses_nothing(tmp_path: Path) -> None:
    pods = Pods(time.monotonic, wait_seconds=0.5)
    agent = Agent(tmp_path, pods)
    for number in range(4):
        log = log_of(tmp_path, f"line {number}")
        await agent.read()
        shutil.move(log, log.with_name(f"0.log.20250102-03040{number}"))
    assert not agent.found
    await agent.until(*(f"line {number}" for number in range(4)))
    await agent.source.close()


def test_without_a_node_nobody_is_asked() -> None:
    async def look() -> Pods | None:
        async with pods_of_node(ProducerSettings()) as pods:
            return pods

    assert asyncio.run(look()) is None


def test_a_node_outside_of_a_pod_needs_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    async def look() -> None:
        async with pods_of_node(ProducerSettings(node_name="node-a")):
            pass

    with pytest.raises(ValueError, match="LOGMESH_API_SERVER"):
        asyncio.run(look())

"""What the node agent learns of its node's pods from a real API server, with no more than the rights that its manifests give it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from scripts.manifests import MANIFESTS, Object
from tests.manifests.apiserver.cluster import Cluster, Refused, removing, together
from tests.waiting import until_true

from logmesh.producer.containers.api_server import ApiServer
from logmesh.producer.containers.kubelet import Place
from logmesh.producer.containers.pod import Pod, read_pod, wanted
from logmesh.producer.containers.pods import Pods
from logmesh.producer.containers.watch import PodWatch

pytestmark = [pytest.mark.needs("kube-apiserver"), pytest.mark.timeout(300)]

_FILES = ("namespace", "serviceaccount", "clusterrole", "clusterrolebinding")
_ACCOUNT = "--as=system:serviceaccount:log-agent:log-agent"


@pytest.fixture
def account(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The server's URL, and a folder as the kubelet mounts it into the agent's pod."""
    objects = [yaml.safe_load((MANIFESTS / "components/log-agent" / f"{name}.yaml").read_text()) for name in _FILES]
    with removing(cluster, objects):
        cluster.kubectl("apply", "-f", "-", given=together(objects))
        token, _ = cluster.kubectl("create", "token", "log-agent", "-n", "log-agent")
        (tmp_path / "token").write_text(token)
        server = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
        (tmp_path / "ca.crt").write_bytes(Path(server["certificate-authority"]).read_bytes())
        yield server["server"], tmp_path


@asynccontextmanager
async def watching(account: tuple[str, Path], version: str = "") -> AsyncIterator[Pods]:
    pods = Pods(time.monotonic, wait_seconds=0)
    every = wanted(["*"], ["*"])
    watch = PodWatch(ApiServer(*account), "node-a", pods, lambda given: read_pod(given, every))
    watch._version = version
    running = asyncio.create_task(watch.run())
    try:
        yield pods
    finally:
        running.cancel()
        await asyncio.wait({running})


def named(pods: Pods, name: str) -> list[Pod]:
    return [pod for pod in pods.all() if pod.attributes.get("k8s.pod.label.name") == name]


async def create(cluster: Cluster, name: str, node: str = "node-a") -> str:
    """Makes a pod on a node, without anybody who runs it; its uid."""
    given: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "log-agent",
            "labels": {"name": name, "pod-template-hash": "5d4f8c7b9d"},
            "annotations": {"logmesh.io/service": "checkout"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": "cart-5d4f8c7b9d",
                    "uid": "0",
                    "controller": True,
                }
            ],
        },
        "spec": {
            "nodeName": node,
            "serviceAccountName": "log-agent",
            "containers": [{"name": "server", "image": "shop:1.2"}],
        },
    }
    text, _ = await asyncio.to_thread(cluster.kubectl, "create", "-f", "-", "-o", "json", given=given)
    return str(json.loads(text)["metadata"]["uid"])


async def delete(cluster: Cluster, name: str) -> None:
    await asyncio.to_thread(
        cluster.kubectl, "delete", "pod", name, "-n", "log-agent", "--grace-period=0", "--force", "--wait=false"
    )


async def test_pods_of_the_node_are_named_also_when_they_are_gone_at_once(
    cluster: Cluster, account: tuple[str, Path]
) -> None:
    uid = await create(cluster, "listed")
    async with watching(account) as pods:
        await until_true(lambda: named(pods, "listed"))
        await create(cluster, "elsewhere", node="node-b")
        await create(cluster, "short")
        await delete(cluster, "short")
        await create(cluster, "last")
        await until_true(lambda: named(pods, "last"))
        assert named(pods, "short") and not named(pods, "elsewhere")
        found = pods.find(Place("log-agent", "listed", uid, "server", 0))
        assert found is not None
        container = found.container_at(Place("log-agent", "listed", uid, "server", 0))
    assert container.service == "checkout"
    assert container.attributes["k8s.deployment.name"] == "cart"
    assert container.attributes["k8s.node.name"] == "node-a"
    assert container.attributes["container.image.tags"] == ["1.2"]


async def test_a_version_of_long_ago_ends_in_what_is_there_now(cluster: Cluster, account: tuple[str, Path]) -> None:
    await create(cluster, "now")
    async with watching(account, version="1") as pods:
        await until_true(lambda: named(pods, "now"))


async def test_a_token_that_is_no_token_is_refused_in_words(account: tuple[str, Path]) -> None:
    url, folder = account
    (folder / "token").write_text("none")
    with pytest.raises(Exception, match=r"HTTP 401: Unauthorized; the service account's token is not valid"):
        await ApiServer(url, folder).pods("node-a", "0")


@pytest.mark.parametrize(
    ("what", "allowed"),
    [
        (("list", "pods"), True),
        (("watch", "pods"), True),
        (("get", "pods"), False),
        (("get", "pods/log"), False),
        (("list", "secrets"), False),
        (("list", "nodes"), False),
        (("create", "pods"), False),
    ],
)
def test_the_agent_may_list_and_watch_pods_and_nothing_else(
    cluster: Cluster, account: tuple[str, Path], what: tuple[str, str], allowed: bool
) -> None:
    try:
        said, _ = cluster.kubectl("auth", "can-i", *what, "--all-namespaces", _ACCOUNT)
    except Refused:
        said = "no"
    assert said.strip().startswith("yes") is allowed

"""Builds what knows a node's pods, where a producer's settings name a node, and runs it beside the producer."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from logmesh.producer.containers.memory import FILE, keep, load
from logmesh.producer.containers.pod import read_pod, wanted
from logmesh.producer.containers.pods import Pods
from logmesh.producer.settings import ProducerSettings


def api_server_url() -> str:
    """Where the kubelet says that the API server is. Raises ValueError outside of a pod."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise ValueError(
            "LOGMESH_NODE_NAME is set, and this is no pod: say where the API server is by LOGMESH_API_SERVER"
        )
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


@asynccontextmanager
async def pods_of_node(settings: ProducerSettings) -> AsyncIterator[Pods | None]:
    """What is known of the node's pods, kept up to date meanwhile; None where no node is named. Raises ValueError outside of a pod."""
    if not settings.node_name:
        yield None
        return
    from logmesh.producer.containers.api_server import ApiServer
    from logmesh.producer.containers.watch import PodWatch

    pods = Pods(time.monotonic)
    which = wanted(settings.pod_labels, settings.pod_annotations)
    server = ApiServer(settings.api_server or api_server_url(), settings.service_account_dir)
    watch = PodWatch(server, settings.node_name, pods, lambda given: read_pod(given, which))
    kept = settings.spool_dir / FILE
    pods.remember(await asyncio.to_thread(load, kept))
    watching = asyncio.create_task(watch.run())
    watching.add_done_callback(lambda ended: None if ended.cancelled() else pods.fail(ended.exception()))
    keeping = asyncio.create_task(keep(kept, pods))
    try:
        yield pods
    finally:
        for task in (watching, keeping):
            task.cancel()
        await asyncio.gather(watching, keeping, return_exceptions=True)

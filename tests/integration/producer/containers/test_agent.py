"""The node agent as a whole: from pods' logs and the API server's word of the pods to rows in PostgreSQL."""

import asyncio
import json
from pathlib import Path

import asyncpg
from tests.conftest import Database
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor
from tests.kube_api import kube_api, pod

from logmesh.producer.run import run_producer
from logmesh.producer.settings import ProducerSettings

UID = "9f2c3e1a-7b1d-4c56-8e90-a1b2c3d4e5f6"


async def test_records_are_stored_with_what_the_api_server_says_of_their_pod(
    database: Database, tmp_path: Path
) -> None:
    log = tmp_path / "pods" / f"shop_cart-5d4f8c7b9d-x2x7k_{UID}" / "server" / "0.log"
    log.parent.mkdir(parents=True)
    log.write_text("2025-01-02T03:04:05.000000006Z stdout F it is full\n")
    labels = {"app.kubernetes.io/name": "cart", "pod-template-hash": "5d4f8c7b9d", "team": "shop"}
    store = ServerStore(database.server, database.name)
    async with running_processor(store, tmp_path) as processor, kube_api(tmp_path / "kube") as api:
        api.put(pod("cart-5d4f8c7b9d-x2x7k", UID, labels=labels, owner=("ReplicaSet", "cart-5d4f8c7b9d")))
        settings = ProducerSettings(
            target=processor.target,
            spool_dir=tmp_path / "spool",
            metrics_port=0,
            source="file",
            files=[str(tmp_path / "pods/*/*/*.log*")],
            follow=False,
            node_name="node-a",
            pod_labels="app.kubernetes.io/*,team",  # type: ignore[arg-type]  # as the environment has it
            api_server=api.url,
            service_account_dir=api.account,
        )
        outcome = await run_producer(settings, asyncio.Event())
    assert outcome.complete
    owner = await asyncpg.connect(database.owner_dsn)
    (row,) = await owner.fetch(
        "SELECT service, resource FROM logmesh.logs JOIN logmesh.origins USING (origin, service)"
    )
    await owner.close()
    assert row["service"] == "cart"
    resource = json.loads(row["resource"])
    assert resource["k8s.deployment.name"] == "cart" and resource["container.image.name"] == "shop"
    assert {key: value for key, value in resource.items() if key.startswith("k8s.pod.label.")} == {
        "k8s.pod.label.app.kubernetes.io/name": "cart",
        "k8s.pod.label.team": "shop",
    }

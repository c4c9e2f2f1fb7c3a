"""A producer that is taken away, as an autoscaler or a drain does it, while nobody takes its records."""

import asyncio
import signal
from pathlib import Path

import pytest
import yaml
from scripts.manifests import MANIFESTS
from tests.faults.cluster import Cluster
from tests.waiting import until_true

PRODUCER = "log-producer"


@pytest.mark.timeout(240)
async def test_a_producer_that_goes_waits_until_its_spool_is_in_the_database(tmp_path: Path) -> None:
    pod = yaml.safe_load((MANIFESTS / "base" / "log-producer" / "deployment.yaml").read_text())["spec"]["template"][
        "spec"
    ]
    variables = {found["name"]: found.get("value") for found in pod["containers"][0]["env"]}
    cluster = Cluster(tmp_path, processors=1)
    cluster.environment[PRODUCER] = {"LOGMESH_DRAIN_SECONDS": variables["LOGMESH_DRAIN_SECONDS"]}
    try:
        cluster.start_producer()
        cluster.write_lines(2_000)
        spool = tmp_path / "spool"
        await until_true(lambda: any(b"line 00001999" in path.read_bytes() for path in spool.glob("*.segment")))
        producer = cluster.running.pop(PRODUCER)
        producer.send_signal(signal.SIGTERM)
        cluster.start_processor("log-processor-0")
        assert await asyncio.to_thread(producer.wait, 120) == 0
        await cluster.wait_until_stored(0)
    finally:
        cluster.stop()

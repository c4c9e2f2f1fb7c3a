"""Who may send for a tenant that is not its own."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.waiting import until_true

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.client.delivering.spool import Spool
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings


@pytest.mark.parametrize("workload", ["log-receiver", "log-producer"])
async def test_only_receivers_speak_for_tenants(
    store: ServerStore, tmp_path: Path, certificates: dict[str, WorkloadFiles], workload: str
) -> None:
    own = certificates["log-processor"]
    async with running_processor(
        store, tmp_path, server=own, client=certificates[workload], receivers=[spiffe_id("log-receiver")]
    ) as processor:
        forwarder = await _send_for("acme", processor, tmp_path, certificates[workload])
        rows = await processor.query("SELECT tenant, body FROM logmesh.logs")
    if workload == "log-receiver":
        assert [(row["tenant"], row["body"]) for row in rows] == [("acme", "of acme")]
    else:
        assert not rows and "PERMISSION_DENIED" in forwarder.last_error
        assert "LOGMESH_RECEIVERS" in forwarder.last_error


async def _send_for(tenant: str, processor: RunningProcessor, folder: Path, files: WorkloadFiles) -> Forwarder:
    """Send a record until it is stored or refused."""
    settings = ProducerSettings(
        target=processor.target,
        spool_dir=folder / "spool",
        metrics_port=0,
        tls_cert=files.cert,
        tls_key=files.key,
        tls_ca=files.ca,
    )
    spool = Spool(settings.spool_dir, max_bytes=64 << 20, retain_seconds=0)
    forwarder = Forwarder(settings, spool, tenant=tenant)
    spool.hold(columns_of([b"of acme"]))
    forwarder.spooled()
    running = asyncio.create_task(forwarder.run())
    await until_true(lambda: not spool.uncommitted() or forwarder.last_error)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    spool.close()
    return forwarder
